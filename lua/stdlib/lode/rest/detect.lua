--- Finding out how an API pages, from its first answer. The order of the guesses is dlt's.
-- Depends on: lode.native, lode.rest.paginators
local native = require "lode.native"
local paginators = require "lode.rest.paginators"

local detect = {}

local function is_scalar(entry) return entry.kind == "text" or entry.kind == "number" or entry.kind == "boolean" end
local function starts(key, word) return key:lower():sub(1, #word) == word end

-- Where a link to the next page or a cursor seems to be: the first key that starts with "next" and has a plain value,
-- or an object with an "href" or "url" in it.
local function next_entry(outline)
  for i, entry in ipairs(outline) do
    if starts(entry.key, "next") then
      if is_scalar(entry) then return entry end
      for k = i + 1, #outline do
        local inner = outline[k]
        if inner.depth <= entry.depth then break end
        local names_address = starts(inner.key, "href") or starts(inner.key, "url")
        if entry.kind == "object" and inner.depth == entry.depth + 1 and names_address and is_scalar(inner) then
          return inner
        end
      end
    end
  end
end

local total_names = { total_pages = true, pages = true, totalpages = true }
local page_names = { page = true, current_page = true, currentpage = true, page_number = true, pagenumber = true }

local function total_pages_entry(outline)
  for _, entry in ipairs(outline) do
    if total_names[entry.key:lower()] and is_scalar(entry) and tonumber(entry.value) then return entry end
  end
end

-- dlt takes the first page for number 0. An answer that calls itself page 1, beside the total, knows better.
local function first_page(outline, total)
  for _, entry in ipairs(outline) do
    if entry.parent == total.parent and page_names[entry.key:lower()] and tonumber(entry.value) == 1 then return 1 end
  end
  return 0
end

--- The paginator for the answers that this one is the first of, and what to tell the user if it is but a guess.
function detect.paginator(response)
  if response:link "next" then return paginators.header_link() end
  local outline = response:outline()
  local next_page = next_entry(outline)
  if next_page and next_page.kind == "text" and (starts(next_page.value, "http") or starts(next_page.value, "/")) then
    return paginators.json_link { next_url_path = next_page.path }
  end
  local total = total_pages_entry(outline)
  if total then
    local base = first_page(outline, total)
    return paginators.page_number { base_page = base, total_path = total.path },
      ([[guessed: pages are numbered from %d, 'page' asks for one, '%s' counts them; to be sure, write ]]
        .. [[paginator = { type = "page_number", base_page = %d, total_path = "%s" }]])
        :format(base, total.path, base, total.path)
  end
  if next_page then
    return paginators.cursor { cursor_path = next_page.path },
      ([[guessed: '%s' is a cursor and 'cursor' takes it; to be sure, write ]]
        .. [[paginator = { type = "cursor", cursor_path = "%s", cursor_param = "cursor" }]])
        :format(next_page.path, next_page.path)
  end
  return paginators.single_page()
end

--- Tells of a guess, once for each client and kind: transformers make the same one for every row.
function detect.tell(told, response, kind, guess)
  if not guess or told[kind] then return end
  told[kind] = true
  native.log("warning", ("%s: paging is %s"):format(tostring(response), guess))
end

return detect
