--- Steps: the maps and filters of a resource, run over its pages row by row.
-- Depends on: lode.native
local native = require "lode.native"

local steps = {}

-- How many rows pass between two looks at the clock.
local rows_per_look = 64

-- Runs `row` through the steps from `first` on. `emit(row)` takes what is left.
local function run_steps(list, first, row, ctx, emit)
  for i = first, #list do
    local step = list[i]
    local kind, fn = step.kind, step.fn
    if kind == "map" then
      row = fn(row, ctx)
      if row == nil then return end
    elseif kind == "filter" then
      if not fn(row, ctx) then return end
    else -- yield_map: each row it yields goes through the steps that follow
      local results = coroutine.wrap(function()
        local result = fn(row, ctx)
        if result ~= nil then coroutine.yield(result) end
      end)
      for result in results do run_steps(list, i + 1, result, ctx, emit) end
      return
    end
  end
  emit(row)
end

local function only_filters(list)
  for _, step in ipairs(list) do
    if step.kind ~= "filter" then return false end
  end
  return true
end

local function has_yield_map(list)
  for _, step in ipairs(list) do
    if step.kind == "yield_map" then return true end
  end
  return false
end

--- The main function of the coroutine that runs `list` over the pages of its upstream.
function steps.main(list)
  local keeps_rows = only_filters(list) -- a filter looks and does not change: its rows pass on as they came
  local flattens = has_yield_map(list)
  return function(ctx)
    while true do
      local page, err = native.next_page()
      if err then error(err, 0) end
      if page == nil then return end
      local out = native.page_writer(page)
      local index = 0
      local function emit(row)
        if keeps_rows then
          out:keep(index)
        elseif flattens then
          out:add(row)
        else
          out:add(row, index)
        end
      end
      for i = 1, #page do
        index = i
        run_steps(list, 1, out:row(i), ctx, emit)
        if i % rows_per_look == 0 and native.turn_over() then native.rest() end
      end
      local result = out:finish()
      if result then coroutine.yield(result) end
    end
  end
end

-- The table of a row, as its function says.
local function table_of(row, fn, name)
  local said = fn(row)
  if type(said) == "string" and said ~= "" then return said end
  error(native.error {
    code = "lua.bad_field",
    message = ('table_name of resource "%s": the function answered %s for a row; the name of a table was expected')
      :format(name, said == "" and "an empty text" or type(said)),
    hint = "rows without one:  return row.kind or \"others\"",
  }, 0)
end

--- The main function of the coroutine that puts each row of its upstream into the table that `fn(row)` names. A page
-- becomes one for each table; rows of a table stay in their order.
function steps.tables_main(fn, name)
  return function()
    while true do
      local page, err = native.next_page()
      if err then error(err, 0) end
      if page == nil then return end
      local reader, tables, rows_of = native.page_writer(page), {}, {}
      for i = 1, #page do
        local table_name = table_of(reader:row(i), fn, name)
        local rows = rows_of[table_name]
        if not rows then
          rows = {}
          rows_of[table_name] = rows
          tables[#tables + 1] = table_name
        end
        rows[#rows + 1] = i
        if i % rows_per_look == 0 and native.turn_over() then native.rest() end
      end
      for _, table_name in ipairs(tables) do
        local out = native.page_writer(page, table_name)
        for _, i in ipairs(rows_of[table_name]) do out:keep(i) end
        coroutine.yield(out:finish())
      end
    end
  end
end

return steps
