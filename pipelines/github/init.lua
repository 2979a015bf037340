-- A repository on GitHub into tables: issues, their comments, pull requests and their reviews.
-- Run:  lode run pipelines/github -- repository=owner/name
-- The first run loads everything, each further one what is new or changed. The token is looked up as
-- sources.github.token; a fine-grained one that may read issues and pull requests is enough.
local lode = require "lode"
local rest = require "lode.rest"

local args = lode.args {
  repository = { required = true, help = "owner/name" },
  base_url   = { default = "https://api.github.com", help = "of GitHub Enterprise: https://HOST/api/v3" },
  per_page   = { default = 100, help = "rows of a page, at most 100" },
}

-- Lists that know `since` give what changed from then on.
local function changed_since(path, more)
  local params = { since = "{incremental.start_value}", sort = "updated", direction = "asc", per_page = args.per_page }
  for name, value in pairs(more or {}) do params[name] = value end
  return {
    path = path,
    params = params,
    incremental = { cursor_path = "updated_at", initial_value = "1970-01-01T00:00:00Z" },
  }
end

local github = rest.source {
  name = "github",
  client = {
    base_url = args.base_url .. "/repos/" .. args.repository,
    auth = { type = "bearer", token = lode.secret "sources.github.token" },
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
        params = { state = "all", sort = "updated", direction = "desc", per_page = args.per_page },
        incremental = { cursor_path = "updated_at", initial_value = "1970-01-01T00:00:00Z", row_order = "desc" },
      },
    },
    {
      name = "reviews",
      include_from_parent = { "number" },
      endpoint = { path = "pulls/{resources.pull_requests.number}/reviews", params = { per_page = args.per_page } },
    },
  },
}

local pipeline = lode.pipeline { name = "github", destination = "sqlite:///github.db", dataset = "github_data" }
print(pipeline:run(github))
