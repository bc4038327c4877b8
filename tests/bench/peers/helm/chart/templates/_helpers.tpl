{{- define "reader" -}}
istio-reader-{{ .Values.primary.name }}-1
{{- end }}

{{- define "header" -}}
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
{{- end }}

{{- define "operator" -}}
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata:
  name: {{ .name }}
  namespace: istio-system
spec:
  profile: {{ .profile }}
  hub: {{ .root.Values.hub }}
  tag: {{ .root.Values.tag | quote }}
{{- end }}

{{- define "application" -}}
{{- $v := .root.Values }}
{{- $c := $v.cluster }}
{{- $shared := has .stage (list "namespaces" "exposure" "policies" "workloads") }}
{{- $rendered := has .stage (list "base" "control-plane" "east-west-gateway") }}
{{- $secret := eq .stage "remote-secret" }}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ $v.mesh }}-{{ $c.name }}-{{ .stage }}
  namespace: {{ $v.argocd }}
  labels:
    app.kubernetes.io/part-of: {{ $v.mesh }}
    mcgen/cluster: {{ $c.name }}
    mcgen/stage: {{ .stage }}
  annotations:
    argocd.argoproj.io/manifest-generate-paths: ".
      {{- if $shared }};../../../bases/{{ .stage }}{{ end }}
      {{- if and (eq .stage "namespaces") $c.remote }};../../../bases/readers/{{ $v.primary.name }}{{ end }}"
    argocd.argoproj.io/sync-wave: {{ .wave | quote }}
spec:
  project: {{ $v.mesh }}
  source:
    repoURL: {{ $v.repo }}
    targetRevision: {{ $v.revision }}
    {{- if $secret }}
    path: {{ $v.path }}/clusters/{{ $v.primary.name }}/remote-secrets/{{ $c.name }}
    {{- else }}
    path: {{ $v.path }}/clusters/{{ $c.name }}/{{ .stage }}
    {{- end }}
    {{- if $rendered }}
    plugin:
      name: {{ $v.plugin }}
    {{- end }}
  destination:
    name: {{ ternary $v.primary.name $c.name $secret }}
    namespace: {{ ternary $v.demo "istio-system" (eq .stage "workloads") }}
  {{- if eq .stage "control-plane" }}
  ignoreDifferences:
  - group: admissionregistration.k8s.io
    kind: MutatingWebhookConfiguration
    jqPathExpressions:
    - ".webhooks[]?.clientConfig.caBundle"
  {{- if $c.remote }}
  - group: discovery.k8s.io
    kind: EndpointSlice
    jqPathExpressions:
    - ".endpoints[]?.conditions"
  {{- else }}
  - group: admissionregistration.k8s.io
    kind: ValidatingWebhookConfiguration
    jqPathExpressions:
    - ".webhooks[]?.clientConfig.caBundle"
    - ".webhooks[]?.failurePolicy"
  {{- end }}
  {{- end }}
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    syncOptions:
    - FailOnSharedResource=true
    {{- if eq .stage "base" }}
    - ServerSideApply=true
    - Prune=confirm
    - Delete=confirm
    {{- else if eq .stage "control-plane" }}
    - RespectIgnoreDifferences=true
    {{- end }}
    retry:
      limit: -1
      refresh: true
      backoff:
        duration: 10s
        factor: 2
        maxDuration: 5m
{{- end }}
