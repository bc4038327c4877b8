-- Health of Istio's injector: istiod writes its CA into every webhook once it really controls the cluster,
-- and until then no pod can be injected. Every other MutatingWebhookConfiguration is Healthy.

local function answered(webhook)
  local bundle = (webhook.clientConfig or {}).caBundle
  return bundle ~= nil and bundle ~= ""
end

local labels = obj.metadata.labels or {}
if labels.app == "sidecar-injector" then
  for _, webhook in ipairs(obj.webhooks or {}) do
    if not answered(webhook) then
      return { status = "Progressing", message = "istiod has not written its CA yet (caBundle is empty)" }
    end
  end
end
return { status = "Healthy", message = "" }
