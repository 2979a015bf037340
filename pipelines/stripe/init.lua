-- A Stripe account into tables: customers, products, prices, subscriptions, invoices and charges.
-- Run:  lode run pipelines/stripe
-- The first run loads everything; each further one what was created since, and, as Stripe has no list of what changed,
-- what was created in the days before once more.
local lode = require "lode"
local rest = require "lode.rest"

local name = "stripe"

-- They stand under [sources.stripe]; what is no secret may also follow -- on the command line.
local settings = lode.config.read {
  section = "sources." .. name,
  args = true,
  fields = {
    { "api_key", "secret", required = true, doc = "a restricted one that may read is enough" },
    { "base_url", default = "https://api.stripe.com/v1" },
    { "limit", "integer", default = 100, doc = "rows of a page, at most 100" },
    { "days_of_grace", "integer", default = 30,
      doc = "objects that young are read again: their state may have changed" },
  },
}

-- Lists of things that live on: created once, changed later.
local function created_since(path, params)
  params = params or {}
  params.limit = settings.limit
  params["created[gte]"] = "{incremental.start_value}"
  return {
    path = path,
    params = params,
    incremental = { cursor_path = "created", initial_value = 0, lag = settings.days_of_grace * 24 * 60 * 60 },
  }
end

local stripe = rest.source {
  name = name,
  client = {
    base_url = settings.base_url,
    auth = { type = "bearer", token = settings.api_key },
    headers = { ["Stripe-Version"] = "2024-06-20" },
    -- The last row of a page is where the next one starts.
    paginator = { type = "cursor", cursor_path = "data[-1].id", cursor_param = "starting_after",
                  has_more_path = "has_more" },
    rate_limit = { requests = 80, per_s = 1 }, -- Stripe allows 100
  },
  resource_defaults = {
    primary_key = "id",
    write_disposition = "merge",
    columns = { created = { data_type = "bigint" } },
    endpoint = { data_selector = "data", params = { limit = settings.limit } },
  },
  resources = {
    { name = "customers", endpoint = created_since "customers" },
    { name = "subscriptions", endpoint = created_since("subscriptions", { status = "all" }) },
    { name = "invoices", endpoint = created_since "invoices" },
    { name = "charges", endpoint = created_since "charges" },
    "products", -- few, and edited at any time: read whole
    "prices",
  },
}

local pipeline = lode.pipeline { name = name, destination = "sqlite:///" .. name .. ".db", dataset = name .. "_data" }
print(pipeline:run(stripe))
