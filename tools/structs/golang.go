package main

import (
	"reflect"
	"slices"
	"strings"

	"istio.io/istio/operator/pkg/apis"
)

// structRef defines a Go struct as encoding/json reads it, and returns the reference to it.
func structRef(defs schema, t reflect.Type) schema {
	name := t.PkgPath() + "." + t.Name()
	if strings.HasPrefix(name, "k8s.io/") {
		return ref(openAPIName(t))
	}
	if _, done := defs[name]; !done {
		properties := schema{}
		definition := schema{"type": "object", "properties": properties, "additionalProperties": false}
		defs[name] = definition // before the fields, for types that contain themselves
		addFields(defs, t, properties)
	}
	return ref(name)
}

func addFields(defs schema, t reflect.Type, properties schema) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || (!field.IsExported() && !field.Anonymous):
		case field.Anonymous && name == "" || slices.Contains(strings.Split(options, ","), "inline"):
			addFields(defs, indirect(field.Type), properties)
		case name == "":
			panic(t.String() + "." + field.Name + " has no name in JSON")
		default:
			properties[name] = goType(defs, field.Type)
		}
	}
}

func goType(defs schema, t reflect.Type) schema {
	t = indirect(t)
	switch {
	case t == reflect.TypeFor[apis.BoolValue]():
		return schema{"type": "boolean"} // its UnmarshalJSON
	case t.String() == "json.RawMessage":
		return schema{}
	}
	switch t.Kind() {
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Int, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Int32:
		return int32Schema()
	case reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer", "minimum": 0}
	case reflect.Interface:
		return schema{}
	case reflect.Slice:
		return schema{"type": "array", "items": goType(defs, t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": goType(defs, t.Elem())}
	case reflect.Struct:
		return structRef(defs, t)
	}
	panic("no schema for the Go type " + t.String())
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// openAPIName is k8s.io/api/core/v1.Affinity -> io.k8s.api.core.v1.Affinity.
func openAPIName(t reflect.Type) string {
	path := strings.TrimPrefix(t.PkgPath(), "k8s.io/")
	return "io.k8s." + strings.ReplaceAll(path, "/", ".") + "." + t.Name()
}
