package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	"github.com/argoproj/argo-cd/v3/cmpserver/plugin"
	"github.com/argoproj/argo-cd/v3/util/lua"
	argosettings "github.com/argoproj/argo-cd/v3/util/settings"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
)

const namespace = "argocd"

type settingsRequest struct {
	// Data of argocd-cm.
	Data map[string]string `json:"data"`
	// Objects whose health is asked.
	Objects []map[string]any `json:"objects"`
	// Resources of which it is asked whether Argo CD ignores them: group and kind.
	Resources [][2]string `json:"resources"`
}

type settingsAnswer struct {
	Health   []*health.HealthStatus `json:"health"`
	Excluded []bool                 `json:"excluded"`
}

func settings(input io.Reader) (any, error) {
	request := settingsRequest{}
	if err := json.NewDecoder(input).Decode(&request); err != nil {
		return nil, err
	}
	partOf := map[string]string{"app.kubernetes.io/part-of": "argocd"}
	client := fake.NewClientset(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd-cm", Namespace: namespace, Labels: partOf},
		Data:       request.Data,
	})
	manager := argosettings.NewSettingsManager(context.Background(), client, namespace)
	overrides, err := manager.GetResourceOverrides()
	if err != nil {
		return nil, err
	}
	filter, err := manager.GetResourcesFilter()
	if err != nil {
		return nil, err
	}
	answer := settingsAnswer{}
	for _, object := range request.Objects {
		status, err := health.GetResourceHealth(
			&unstructured.Unstructured{Object: object}, lua.ResourceHealthOverrides(overrides))
		if err != nil {
			return nil, err
		}
		answer.Health = append(answer.Health, status)
	}
	for _, resource := range request.Resources {
		excluded := filter.IsExcludedResource(resource[0], resource[1], "https://kubernetes.default.svc")
		answer.Excluded = append(answer.Excluded, excluded)
	}
	return answer, nil
}

type pluginAnswer struct {
	Socket string   `json:"socket"`
	Shell  []string `json:"shell"`
	// Discovery says whether the plugin also takes Applications that do not name it.
	Discovery bool `json:"discovery"`
}

func pluginSocket(input io.Reader) (any, error) {
	folder, err := os.MkdirTemp("", "plugin")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	text, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "plugin.yaml"), text, 0o600); err != nil {
		return nil, err
	}
	config, err := plugin.ReadPluginConfig(folder)
	if err != nil {
		return nil, fmt.Errorf("argocd-cmp-server would not start: %w", err)
	}
	return pluginAnswer{
		Socket:    filepath.Base(config.Address()),
		Shell:     append(config.Spec.Generate.Command, config.Spec.Generate.Args...),
		Discovery: config.Spec.Discover.IsDefined(),
	}, nil
}
