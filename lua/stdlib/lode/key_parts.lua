--- The parts of a dotted key: "sources.shop" -> { "sources", "shop" }.
-- Depends on: nothing

return function(key)
  local parts = {}
  for part in key:gmatch "[^%.]+" do parts[#parts + 1] = part end
  return parts
end
