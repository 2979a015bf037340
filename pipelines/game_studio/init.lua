-- A game studio's back end into tables: players, matches and their events, purchases, inventory, items.
-- Run:  lode run pipelines/game_studio -- base_url=http://127.0.0.1:8080
-- The first run loads everything, each further one what is new or changed. tools/demo shows it at work.
local lode = require "lode"
local rest = require "lode.rest"

local args = lode.args {
  base_url = { default = "http://127.0.0.1:8080", help = "where the studio's API is" },
}

local api = rest.client {
  base_url = args.base_url .. "/v1",
  auth     = rest.bearer(lode.secret "sources.game_studio.token"),
  retry    = { attempts = 5, backoff_s = 0.5 },
}

-- Nobody needs the players' addresses to count them.
local players = lode.resource {
  name              = "players",
  primary_key       = "id",
  write_disposition = "merge",
  incremental       = "updated_at",
  data = function(ctx)
    return api:paginate("players", {
      params    = { per_page = 100, updated_since = ctx.incremental.start_value }, -- nil in the first run: everybody
      paginator = "header_link",
    })
  end,
}:add_map(function(player)
  player.profile.lastLoginIp = nil
  player.is_veteran = player.level >= 50
  return player
end)

-- Teams, their rosters and rounds become tables of their own. A match that still runs is left for when it has ended.
local matches = lode.resource {
  name              = "matches",
  primary_key       = "id",
  write_disposition = "merge",
  incremental       = "updated_at",
  data = function(ctx)
    return api:paginate("matches", {
      params    = { per_page = 50, updated_since = ctx.incremental.start_value },
      paginator = { type = "json_link", next_url_path = "links.next" },
    })
  end,
}:add_filter(function(match)
  return match.ended_at ~= lode.null
end):add_map(function(match)
  match.events = nil -- they have an endpoint of their own: below
  return match
end)

-- One request for every match that passed the steps above; many are under way at once, the rows stay in order.
local match_events = lode.transformer {
  name              = "match_events",
  data_from         = matches,
  primary_key       = "event_id",
  write_disposition = "merge",
  each = function(match)
    for event in api:get("matches/" .. match.id .. "/events"):rows "events" do
      event.match_id = match.id
      coroutine.yield(event)
    end
  end,
}

local purchases = lode.resource {
  name              = "purchases",
  primary_key       = "id",
  write_disposition = "merge",
  incremental       = "updated_at",
  columns           = { amount = { data_type = "decimal", precision = 18, scale = 2 } },
  data = function(ctx)
    return api:paginate("purchases", {
      params    = { limit = 100, updated_since = ctx.incremental.start_value },
      paginator = { type = "cursor", cursor_path = "meta.next_cursor" },
    })
  end,
}

-- No row says when it changed: these two are loaded anew each time.
local inventory = lode.resource {
  name              = "inventory",
  write_disposition = "replace",
  data = function() return api:paginate("inventory", { paginator = { type = "offset", limit = 200 } }) end,
}

local items = lode.resource {
  name              = "items",
  write_disposition = "replace",
  data = function()
    return api:paginate("items", {
      paginator = { type = "page_number", base_page = 1, total_path = "total_pages" },
    })
  end,
}

local studio = lode.source {
  name      = "game_studio",
  resources = { players, matches, match_events, purchases, inventory, items },
}

local pipeline = lode.pipeline {
  name        = "game_studio",
  destination = "sqlite:///game_studio.db",
  dataset     = "game_studio_data",
}

local report = pipeline:run(studio)
print(report)
