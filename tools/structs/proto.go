package main

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What a duration looks like where istioctl and istiod read JSON: Go's notation.
const duration = `^-?([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`

// Messages that have a form of their own in JSON.
var wellKnown = map[protoreflect.FullName]schema{
	"google.protobuf.Any": {
		"type": "object", "properties": schema{"@type": schema{"type": "string"}}, "required": []string{"@type"},
	},
	"google.protobuf.BoolValue":   {"type": "boolean"},
	"google.protobuf.DoubleValue": {"type": "number"},
	"google.protobuf.Duration":    {"type": "string", "pattern": duration},
	"google.protobuf.FloatValue":  {"type": "number"},
	"google.protobuf.Int32Value":  int32Schema(),
	"google.protobuf.Int64Value":  {"type": "integer"},
	"google.protobuf.ListValue":   {"type": "array"},
	"google.protobuf.StringValue": {"type": "string"},
	"google.protobuf.Struct":      {"type": "object"},
	"google.protobuf.Timestamp":   {"type": "string"},
	"google.protobuf.UInt32Value": {"type": "integer", "minimum": 0},
	"google.protobuf.UInt64Value": {"type": "integer", "minimum": 0},
	"google.protobuf.Value":       {},
	// Its UnmarshalJSON in istio.io/istio/operator/pkg/apis takes both.
	"istio.operator.v1alpha1.IntOrString": {"type": []string{"integer", "string"}},
}

// messageRef defines a protobuf message in its JSON mapping, and returns the reference to it.
func messageRef(defs schema, message protoreflect.MessageDescriptor) schema {
	if known, ok := wellKnown[message.FullName()]; ok {
		return known
	}
	name := string(message.FullName())
	if _, done := defs[name]; !done {
		properties := schema{}
		definition := schema{"type": "object", "properties": properties, "additionalProperties": false}
		defs[name] = definition // before the fields, for messages that contain themselves
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			properties[jsonName(field)] = fieldType(defs, field)
		}
		if exclusive := oneofs(message); len(exclusive) > 0 {
			definition["allOf"] = exclusive
		}
	}
	return ref(name)
}

// jsonName is the name under which the charts look a value up: for istioctl's values that is the
// field's own name (`istio_cni`), whatever protobuf would make of it, unless the file names another.
func jsonName(field protoreflect.FieldDescriptor) string {
	camelCase := field.ParentFile().Package() != "istio.operator.v1alpha1"
	if camelCase || field.JSONName() != defaultJSONName(string(field.Name())) {
		return field.JSONName()
	}
	return string(field.Name())
}

// defaultJSONName is protobuf's lowerCamelCase; a descriptor does not tell it from a name that was chosen.
func defaultJSONName(name string) string {
	var out []byte
	up := false
	for _, c := range []byte(name) {
		switch {
		case c == '_':
			up = true
		case up && 'a' <= c && c <= 'z':
			out, up = append(out, c-'a'+'A'), false
		default:
			out, up = append(out, c), false
		}
	}
	return string(out)
}

func fieldType(defs schema, field protoreflect.FieldDescriptor) schema {
	switch {
	case field.IsMap():
		return schema{"type": "object", "additionalProperties": singular(defs, field.MapValue())}
	case field.IsList():
		return schema{"type": "array", "items": singular(defs, field)}
	}
	return singular(defs, field)
}

func singular(defs schema, field protoreflect.FieldDescriptor) schema {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return schema{"type": "boolean"}
	case protoreflect.StringKind, protoreflect.BytesKind:
		return schema{"type": "string"}
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return schema{"type": "number"}
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return int32Schema()
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return schema{"type": "integer"}
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return schema{"type": "integer", "minimum": 0}
	case protoreflect.EnumKind:
		names := []string{}
		for i := range field.Enum().Values().Len() {
			names = append(names, string(field.Enum().Values().Get(i).Name()))
		}
		return schema{"type": "string", "enum": names}
	case protoreflect.MessageKind:
		return messageRef(defs, field.Message())
	}
	panic("no schema for the protobuf field " + string(field.FullName()))
}

// oneofs says "none of them or exactly one" the way that Istio's CRDs do.
func oneofs(message protoreflect.MessageDescriptor) []schema {
	var all []schema
	for i := range message.Oneofs().Len() {
		group := message.Oneofs().Get(i)
		if group.IsSynthetic() || group.Fields().Len() < 2 {
			continue
		}
		var each []schema
		for j := range group.Fields().Len() {
			each = append(each, schema{"required": []string{jsonName(group.Fields().Get(j))}})
		}
		none := schema{"not": schema{"anyOf": each}}
		all = append(all, schema{"oneOf": append([]schema{none}, each...)})
	}
	return all
}
