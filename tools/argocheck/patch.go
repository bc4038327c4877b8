package main

import (
	"encoding/json"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

type patchRequest struct {
	Object  map[string]any   `json:"object"`
	Patches []map[string]any `json:"patches"`
}

// patched applies patches as the API server does for `kubectl patch`.
func patched(input io.Reader) (any, error) {
	request := patchRequest{}
	if err := json.NewDecoder(input).Decode(&request); err != nil {
		return nil, err
	}
	types := map[any]any{"Deployment": appsv1.Deployment{}, "ConfigMap": corev1.ConfigMap{}}
	model := types[request.Object["kind"]]
	if model == nil {
		return nil, fmt.Errorf("no type for kind %v", request.Object["kind"])
	}
	object := request.Object
	for _, patch := range request.Patches {
		next, err := strategicpatch.StrategicMergeMapPatch(object, patch, model)
		if err != nil {
			return nil, err
		}
		object = next
	}
	return object, nil
}
