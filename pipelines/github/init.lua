-- A repository on GitHub into tables: issues, their comments, pull requests and their reviews.
-- Run:  lode run pipelines/github -- repository=owner/name
-- The first run loads everything, each further one what is new or changed.
local lode = require "lode"
local rest = require "lode.rest"

local name = "github"

-- They stand under [sources.github]; what is no secret may also follow -- on the command line.
local settings = lode.config.read {
  section = "sources." .. name,
  args = true,
  fields = {
    { "token", "secret", required = true, doc = "a fine-grained one that may read issues and pull requests is enough" },
    { "repository", required = true, doc = "owner/name" },
    { "base_url", default = "https://api.github.com", doc = "of GitHub Enterprise: https://HOST/api/v3" },
    { "per_page", "integer", default = 100, doc = "rows of a page, at most 100" },
  },
}

-- Lists that know `since` give what changed from then on.
local function changed_since(path, more)
  local params = {
    since = "{incremental.start_value}", sort = "updated", direction = "asc", per_page = settings.per_page,
  }
  for key, value in pairs(more or {}) do params[key] = value end
  return {
    path = path,
    params = params,
    incremental = { cursor_path = "updated_at", initial_value = "1970-01-01T00:00:00Z" },
  }
end

local github = rest.source {
  name = name,
  client = {
    base_url = settings.base_url .. "/repos/" .. settings.repository,
    auth = { type = "bearer", token = settings.token },
    headers = { Accept = "application/vnd.github+json", ["X-GitHub-Api-Version"] = "2022-11-28" },
    paginator = "header_link",
  },
  resource_defaults = { primary_key = "id", write_disposition = "merge" },
  resources = {
    { name = "repository", endpoint = { path = "", paginator = "single_page", data_selector = "$" } },
    {
      name = "issues",
      endpoint = changed_since("issues", { state = "all" }),
      -- GitHub lists pull requests as issues, too; they have a table of their own.
      processing_steps = { { filter = function(issue) return issue.pull_request == nil end } },
    },
    { name = "issue_comments", endpoint = changed_since "issues/comments" },
    {
      -- Pull requests know no `since`: the newest come first, and reading ends with those of the run before.
      name = "pull_requests",
      endpoint = {
        path = "pulls",
        params = { state = "all", sort = "updated", direction = "desc", per_page = settings.per_page },
        incremental = { cursor_path = "updated_at", initial_value = "1970-01-01T00:00:00Z", row_order = "desc" },
      },
    },
    {
      name = "reviews",
      include_from_parent = { "number" },
      endpoint = { path = "pulls/{resources.pull_requests.number}/reviews", params = { per_page = settings.per_page } },
    },
  },
}

local pipeline = lode.pipeline { name = name, destination = "sqlite:///" .. name .. ".db", dataset = name .. "_data" }
print(pipeline:run(github))
