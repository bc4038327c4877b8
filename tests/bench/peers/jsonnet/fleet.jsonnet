// The folders of all clusters, for `jsonnet -S -c -m OUT -J FOLDER_OF_VALUES fleet.jsonnet`.
local mesh = import 'values.json';

local waves = {
  namespaces: 0,
  'remote-secret': 10,
  base: 15,
  'control-plane': 20,
  'east-west-gateway': 30,
  exposure: 40,
  policies: 50,
  workloads: 60,
};
local rendered = ['base', 'control-plane', 'east-west-gateway'];
local shared = ['namespaces', 'exposure', 'policies', 'workloads'];
local webhooks = 'admissionregistration.k8s.io';
local confirm = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };
local reader = 'istio-reader-' + mesh.primary.name;

local application(cluster, stage) = {
  local secret = stage == 'remote-secret',
  local paths = ['.']
                + (if std.member(shared, stage) then ['../../../bases/' + stage] else [])
                + (if stage == 'namespaces' && cluster.remote then ['../../../bases/readers/' + mesh.primary.name] else []),
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: {
    name: '%s-%s-%s' % [mesh.mesh, cluster.name, stage],
    namespace: mesh.argocd,
    labels: {
      'app.kubernetes.io/part-of': mesh.mesh,
      'mcgen/cluster': cluster.name,
      'mcgen/stage': stage,
    },
    annotations: {
      'argocd.argoproj.io/manifest-generate-paths': std.join(';', paths),
      'argocd.argoproj.io/sync-wave': std.toString(waves[stage]),
    },
  },
  spec: {
    project: mesh.mesh,
    source: {
      repoURL: mesh.repo,
      targetRevision: mesh.revision,
      path: if secret
      then '%s/clusters/%s/remote-secrets/%s' % [mesh.path, mesh.primary.name, cluster.name]
      else '%s/clusters/%s/%s' % [mesh.path, cluster.name, stage],
      [if std.member(rendered, stage) then 'plugin']: { name: mesh.plugin },
    },
    destination: {
      name: if secret then mesh.primary.name else cluster.name,
      namespace: if stage == 'workloads' then mesh.demo else 'istio-system',
    },
    [if stage == 'control-plane' then 'ignoreDifferences']: [
      { group: webhooks, kind: 'MutatingWebhookConfiguration', jqPathExpressions: ['.webhooks[]?.clientConfig.caBundle'] },
      if cluster.remote
      then { group: 'discovery.k8s.io', kind: 'EndpointSlice', jqPathExpressions: ['.endpoints[]?.conditions'] }
      else {
        group: webhooks,
        kind: 'ValidatingWebhookConfiguration',
        jqPathExpressions: ['.webhooks[]?.clientConfig.caBundle', '.webhooks[]?.failurePolicy'],
      },
    ],
    syncPolicy: {
      automated: { prune: true, selfHeal: true },
      syncOptions: ['FailOnSharedResource=true']
                   + (if stage == 'base' then ['ServerSideApply=true', 'Prune=confirm', 'Delete=confirm'] else [])
                   + (if stage == 'control-plane' then ['RespectIgnoreDifferences=true'] else []),
      retry: { limit: -1, refresh: true, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
    },
  },
};

local networkPatch(cluster) = |||
  apiVersion: v1
  kind: Namespace
  metadata:
    name: istio-system
    labels:
      topology.istio.io/network: %s
||| % cluster.network + (if cluster.remote then "  annotations:\n    topology.istio.io/controlPlaneClusters: %s\n" % mesh.primary.id else '');

local exposurePatch(cluster) = |||
  apiVersion: networking.istio.io/v1
  kind: Gateway
  metadata:
    name: istiod-gateway
    namespace: istio-system
  spec:
    selector:
      mcgen/cluster: %s
||| % cluster.name;

local renamed(cluster, path) = |||
  - op: replace
    path: %s
    value: sleep-%s
||| % [path, cluster.name];

local workloadPatch(kind, patch) = {
  target: { kind: kind, name: 'sleep' },
  patch: patch,
  options: { allowNameChange: true },
};

local kustomization(cluster, stage) = {
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
} + (
  if std.member(rendered, stage) then { resources: ['istio-operator.yaml'] }
  else if stage == 'remote-secret' then { resources: ['sealed-secret.yaml'], commonAnnotations: confirm }
  else if stage == 'policies' then { resources: ['../../../bases/policies'] }
  else if stage == 'exposure' then {
    resources: ['../../../bases/exposure'],
    patches: [{ patch: exposurePatch(cluster) }],
  }
  else if stage == 'workloads' then {
    resources: ['../../../bases/workloads', '../../../bases/workloads/helloworld-' + (if cluster.remote then 'v2' else 'v1')],
    local name = renamed(cluster, '/metadata/name'),
    local account = renamed(cluster, '/spec/template/spec/serviceAccountName'),
    patches: [workloadPatch('ServiceAccount', name), workloadPatch('Deployment', name + account)],
  }
  else {
    resources: ['../../../bases/namespaces']
               + (if cluster.remote then ['../../../bases/readers/' + mesh.primary.name] else [])
               + [namespace.name + '.yaml' for namespace in cluster.namespaces]
               + (if cluster.remote then ['tokens.yaml'] else []),
    patches: [{ patch: networkPatch(cluster) }],
  }
);

local operator(name, profile) = {
  apiVersion: 'install.istio.io/v1alpha1',
  kind: 'IstioOperator',
  metadata: { name: name, namespace: 'istio-system' },
  spec: { profile: profile, hub: mesh.hub, tag: mesh.tag },
};

local base = operator('base', 'empty') + {
  spec+: { components: { base: { enabled: true } }, values: { global: { enableReaderRBAC: false } } },
};

local controlPlane(cluster) = operator('control-plane', if cluster.remote then 'remote' else 'minimal') + {
  spec+: {
    components: { base: { enabled: false } },
    values: { global: { enableReaderRBAC: false } + mesh.global },
    [if std.length(cluster.webhookAnnotations) > 0 then 'unvalidatedValues']: {
      sidecarInjectorWebhookAnnotations: cluster.webhookAnnotations,
    },
  } + if cluster.remote then {
    values+: {
      global+: { remotePilotAddress: mesh.primary.address },
      istiodRemote: { injectionPath: '/inject/cluster/%s/net/%s' % [cluster.id, cluster.network] },
    },
  } else {
    meshConfig: { trustDomain: mesh.trustDomain } + mesh.meshConfig,
    values+: {
      global+: {
        meshID: mesh.meshId,
        multiCluster: { clusterName: cluster.id },
        network: cluster.network,
        networkPolicy: { enabled: true },
        externalIstiod: true,
      },
      pilot: { autoscaleMin: 2, seccompProfile: { type: 'RuntimeDefault' } },
    },
  },
};

local gateway(cluster) = operator('east-west-gateway', 'empty') + {
  spec+: {
    components: {
      ingressGateways: [{
        name: 'istio-eastwestgateway',
        enabled: true,
        label: {
          app: 'istio-eastwestgateway',
          istio: 'eastwestgateway',
          'mcgen/cluster': cluster.name,
          'topology.istio.io/network': cluster.network,
        },
        k8s: {
          env: [{ name: 'ISTIO_META_REQUESTED_NETWORK_VIEW', value: cluster.network }],
          hpaSpec: { minReplicas: cluster.replicas.min, maxReplicas: cluster.replicas.max },
          service: { ports: cluster.ports, loadBalancerSourceRanges: cluster.ranges },
          serviceAnnotations: cluster.annotations,
          [if cluster.resources != {} then 'resources']: cluster.resources,
        },
      }],
    },
    values: { global: { networkPolicy: { enabled: true } }, gateways: { 'istio-ingressgateway': { injectionTemplate: 'gateway' } } },
  },
};

local namespace(given) = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: given.name,
    labels: {
      'istio-injection': 'enabled',
      'pod-security.kubernetes.io/enforce': 'privileged',
      'pod-security.kubernetes.io/warn': 'restricted',
    } + given.labels,
    annotations: confirm + given.annotations,
  },
};

local tokens(cluster) = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: reader + '-1', namespace: 'istio-system' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: reader + '-1' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: reader },
    subjects: [{ kind: 'ServiceAccount', name: reader + '-1', namespace: 'istio-system' }],
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: reader + '-1-token',
      namespace: 'istio-system',
      annotations: { 'kubernetes.io/service-account.name': reader + '-1', 'mcgen/cluster': cluster.name },
    },
    type: 'kubernetes.io/service-account-token',
  },
];

local files(cluster) =
  local absent = if cluster.remote then ['exposure', 'policies'] else ['remote-secret'];
  local chain = [stage for stage in std.objectFields(waves) if !std.member(absent, stage)];
  {
    ['argocd/%02d-%s.yaml' % [waves[stage], stage]]: [application(cluster, stage)]
    for stage in chain
  } + {
    [stage + '/kustomization.yaml']: [kustomization(cluster, stage)]
    for stage in chain
  } + {
    'base/istio-operator.yaml': [base],
    'control-plane/istio-operator.yaml': [controlPlane(cluster)],
    'east-west-gateway/istio-operator.yaml': [gateway(cluster)],
    [if cluster.remote then 'namespaces/tokens.yaml']: tokens(cluster),
  } + {
    ['namespaces/%s.yaml' % given.name]: [namespace(given)]
    for given in cluster.namespaces
  };

{
  [file.path]: std.manifestYamlStream(file.documents, c_document_end=false, quote_keys=false)
  for file in [
    { path: cluster.name + '/' + path, documents: found[path] }
    for cluster in mesh.clusters
    for found in [files(cluster)]
    for path in std.objectFields(found)
  ]
}
