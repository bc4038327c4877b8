-- Health of an Application inside its parent. Only Applications of mcgen's chains are judged: those with
-- the label mcgen/stage. Healthy is, for every other one, the same as no check: no wave waits for it, and
-- its parent's health does not depend on it.

-- The libraries of Argo CD's Lua are base, table and a safe os: there is no string library.
local function equal(left, right)
  if type(left) ~= "table" or type(right) ~= "table" then
    return left == right
  end
  for key, value in pairs(left) do
    if not equal(value, right[key]) then
      return false
    end
  end
  for key in pairs(right) do
    if left[key] == nil then
      return false
    end
  end
  return true
end

-- A child whose spec has just changed still shows the health and the sync state of the old one.
local function compared(application)
  local seen = application.status.sync.comparedTo or {}
  local spec = application.spec or {}
  if spec.sources ~= nil then
    return equal(seen.sources, spec.sources)
  end
  return spec.source ~= nil and equal(seen.source, spec.source)
end

-- Argo CD marks no CRD as an Application's own, so nothing tells it when the API server has established one: it
-- would look again at the next resync, minutes later. What the API server has taken it establishes in a moment.
local function taken(application)
  local operation = application.status.operationState or {}
  return application.metadata.labels["mcgen/stage"] == "base" and operation.phase == "Succeeded"
end

local function judge(application)
  local status = application.status or {}
  local health, sync = status.health, status.sync
  if health == nil or sync == nil then
    return "Progressing", "Argo CD has not looked at it yet"
  end
  if health.status == "Suspended" then
    return "Suspended", "it waits at a gate"
  end
  -- Called Degraded, it would fail the parent's sync, and the parent never tries that revision again.
  if health.status == "Degraded" then
    return "Progressing", "Degraded: " .. (health.message or "see its resources")
  end
  if sync.status ~= "Synced" then
    return "Progressing", "not synced"
  end
  if not compared(application) then
    return "Progressing", "not compared with its present spec yet"
  end
  if health.status == "Progressing" and taken(application) then
    return "Healthy", "the API server has taken the CRDs"
  end
  if health.status ~= "Healthy" then
    return "Progressing", health.status or "no health yet"
  end
  return "Healthy", ""
end

local labels = obj.metadata.labels or {}
if labels["mcgen/stage"] == nil then
  -- The Applications of others: if your Argo CD had a check of its own, its body belongs here.
  return { status = "Healthy", message = "" }
end
local status, message = judge(obj)
return { status = status, message = message }
