-- Facts about single rows: which numbers go together, and which rows lie far out.

local list = require "list"
local wording = require "wording"

local LEAST_ROWS, LEAST_R, MOST_R, MOST_COLUMNS, SAMPLE = 30, 0.25, 0.97, 12, 300

local function correlation(a, b)
  local n, sa, sb = 0, 0, 0
  for i = 1, #a do
    if a[i] and b[i] then n, sa, sb = n + 1, sa + a[i], sb + b[i] end
  end
  if n < LEAST_ROWS then return nil end
  local ma, mb, saa, sbb, sab = sa / n, sb / n, 0, 0, 0
  for i = 1, #a do
    local x, y = a[i], b[i]
    if x and y then
      x, y = x - ma, y - mb
      saa, sbb, sab = saa + x * x, sbb + y * y, sab + x * y
    end
  end
  if saa == 0 or sbb == 0 then return nil end
  return sab / math.sqrt(saa * sbb), n
end

-- The ranks of a list, so that single large values do not decide.
local function ranks(values)
  local order, rank, seen = {}, {}, {}
  for i = 1, #values do
    if values[i] and not seen[values[i]] then
      seen[values[i]] = 0
      order[#order + 1] = values[i]
    end
    if values[i] then seen[values[i]] = seen[values[i]] + 1 end
  end
  table.sort(order)
  local at, of = 0, {}
  for _, v in ipairs(order) do
    of[v] = at + (seen[v] + 1) / 2
    at = at + seen[v]
  end
  for i = 1, #values do rank[i] = values[i] and of[values[i]] end
  return rank
end

-- Is one of the three the product of the others, give or take a factor that a fourth explains (price, units, revenue)?
local function is_made_of(a, b, c)
  local ratios = {}
  for i = 1, math.min(#a, SAMPLE) do
    if a[i] and b[i] and c[i] and b[i] * c[i] ~= 0 then ratios[#ratios + 1] = a[i] / (b[i] * c[i]) end
  end
  if #ratios < 20 then return false end
  local middle, spread = list.spread(ratios)
  return middle > 0 and spread / middle < 0.3
end

-- Pairs whose connection is arithmetic, not news.
local function trivial(columns)
  local pairs_ = {}
  for x, a in ipairs(columns) do
    for y, b in ipairs(columns) do
      for z = y + 1, #columns do
        if x ~= y and x ~= z and is_made_of(a.values, b.values, columns[z].values) then
          pairs_[a.name .. "\31" .. b.name], pairs_[b.name .. "\31" .. a.name] = true, true
          pairs_[a.name .. "\31" .. columns[z].name], pairs_[columns[z].name .. "\31" .. a.name] = true, true
        end
      end
    end
  end
  return pairs_
end

local function connections(study, add)
  local columns = {}
  for _, column in ipairs(study.roles.numbers) do
    if column.distinct > 2 and #columns < MOST_COLUMNS then columns[#columns + 1] = column end
  end
  if #columns < 2 then return end
  local known, ranked = trivial(columns), {}
  for i, column in ipairs(columns) do ranked[i] = ranks(column.values) end
  for x = 1, #columns do
    for y = x + 1, #columns do
      local a, b = columns[x], columns[y]
      local r, n = correlation(ranked[x], ranked[y])
      local is_sum = a.is_money and b.is_money
      if r and math.abs(r) >= LEAST_R and math.abs(r) <= MOST_R and not known[a.name .. "\31" .. b.name] and not is_sum then
        add{ kind = "connection", score = 40 + 20 * math.abs(r), value = r, unit = "correlation", columns = { a, b }, most = 1, words = "correlation relation depend",
          direction = r > 0 and "up" or "down", confidence = math.min(0.9, 0.5 + math.abs(r) / 2),
          headline = ("%s and %s go %s"):format(a.label, wording.lower(b.label), r > 0 and "together" or "opposite ways"),
          statement = ("Where %s is higher, %s tends to be %s. That they go together does not say that one causes the other."):format(wording.lower(a.label),
            wording.lower(b.label), r > 0 and "higher too" or "lower"),
          evidence = ("Rank correlation of %s over %s %s."):format(wording.number(r, 2), wording.number(n), study.roles.noun),
          chart = { kind = "bands", x = a, y = b } }
      end
    end
  end
end

-- Rows far outside what is usual: on a logarithmic scale where all values are positive.
local function far_out(study, add)
  local column = study.roles.measure
  if not column then return end
  local values, rows, positive = {}, {}, true
  for i = 1, study.n do
    local v = column.values[i]
    if v then
      values[#values + 1], rows[#rows + 1] = v, i
      positive = positive and v > 0
    end
  end
  if #values < LEAST_ROWS then return end
  local scaled = values
  if positive then
    scaled = {}
    for i = 1, #values do scaled[i] = math.log(values[i]) end
  end
  local sorted = list.sorted(scaled)
  local low, high = list.quantile(sorted, 0.25), list.quantile(sorted, 0.75)
  local limit = high + 2.2 * (high - low)
  local found, sum = {}, 0
  for i = 1, #values do
    if scaled[i] > limit then
      found[#found + 1] = values[i]
      sum = sum + values[i]
    end
  end
  if #found == 0 or #found > 0.02 * #values then return end
  table.sort(found, function(a, b) return a > b end)
  study.far_out = #found
  local W, share = study.W, sum / study.total
  add{ kind = "large_rows", score = 44 + math.min(60 * share, 12), value = share, unit = "share", confidence = 0.9, words = "outlier outliers large",
    headline = ("%d very large %s make %s of %s"):format(#found, #found == 1 and study.roles.noun_one or study.roles.noun, wording.percent(share), study.what),
    statement = ("%s of %s %s lie far above the rest, the largest with %s; half of all are below %s."):format(wording.number(#found), wording.number(#values),
      study.roles.noun, W.full(found[1]), W.full(list.quantile(list.sorted(values), 0.5))),
    evidence = ("Above %s; nothing was left out because of it."):format(W.full(positive and math.exp(limit) or limit)),
    next_step = ("Check the %d largest %s: real, or a slip of the pen?"):format(math.min(#found, 10), study.roles.noun) }
end

return function(study, add)
  connections(study, add)
  far_out(study, add)
end
