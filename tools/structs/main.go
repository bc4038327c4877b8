// Command structs prints JSON schemas of types that ship as Go only: kustomize's and istioctl's input.
//
// The output is one JSON object, definition name -> schema. A reference is {"$ref": "#/$defs/<name>"};
// types of Kubernetes itself are referred to by their OpenAPI names and not printed.
package main

import (
	"encoding/json"
	"math"
	"os"
	"reflect"

	mesh "istio.io/api/mesh/v1alpha1"
	"istio.io/istio/operator/pkg/apis"
	kustomize "sigs.k8s.io/kustomize/api/types"
)

type schema = map[string]any

func main() {
	defs := schema{}
	structRef(defs, reflect.TypeFor[apis.IstioOperator]())
	structRef(defs, reflect.TypeFor[kustomize.Kustomization]())
	messageRef(defs, (&apis.Values{}).ProtoReflect().Descriptor())
	messageRef(defs, (&mesh.MeshConfig{}).ProtoReflect().Descriptor())
	messageRef(defs, (&mesh.Network{}).ProtoReflect().Descriptor())
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(defs); err != nil {
		panic(err)
	}
}

func ref(name string) schema {
	return schema{"$ref": "#/$defs/" + name}
}

func int32Schema() schema {
	return schema{"type": "integer", "minimum": math.MinInt32, "maximum": math.MaxInt32}
}
