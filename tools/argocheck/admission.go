package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	v1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	apiservercel "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

type admissionRequest struct {
	Policy   v1.ValidatingAdmissionPolicy `json:"policy"`
	Requests []struct {
		Resource  string         `json:"resource"`
		Object    map[string]any `json:"object"`
		OldObject map[string]any `json:"oldObject"`
	} `json:"requests"`
}

type decision struct {
	Allowed bool `json:"allowed"`
	// Evaluation is "error" where an expression failed, which failurePolicy Fail turns into a refusal.
	Evaluation string   `json:"evaluation"`
	Messages   []string `json:"messages"`
}

// admissionDecisions compiles a policy as the API server does (policy/validating.compilePolicy, not exported).
func admissionDecisions(input io.Reader) (any, error) {
	request := admissionRequest{}
	if err := json.NewDecoder(input).Decode(&request); err != nil {
		return nil, err
	}
	spec := request.Policy.Spec
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	options := cel.OptionalVariableDeclarations{HasAuthorizer: true}
	compiler.CompileAndStoreVariables(named(spec.Variables), options, environment.NewExpressions)
	rules, messages := conditions(spec.Validations)
	validator := validating.NewValidator(
		compiler.CompileCondition(rules, options, environment.NewExpressions),
		nil,
		compiler.CompileCondition(nil, options, environment.NewExpressions),
		compiler.CompileCondition(messages, cel.OptionalVariableDeclarations{}, environment.NewExpressions),
		spec.FailurePolicy,
		nil,
	)
	if err := validator.CompileError(); err != nil {
		return nil, fmt.Errorf("the policy does not compile: %w", err)
	}
	answer := []decision{}
	for _, asked := range request.Requests {
		attributes := attributesOf(asked.Resource, asked.Object, asked.OldObject)
		result := validator.Validate(context.Background(), attributes.GetResource(), attributes,
			nil, nil, apiservercel.RuntimeCELCostBudget, nil)
		answer = append(answer, summary(result))
	}
	return answer, nil
}

func attributesOf(resource string, object, oldObject map[string]any) *admission.VersionedAttributes {
	operation := admission.Create
	var old runtime.Object
	if oldObject != nil {
		operation = admission.Update
		old = &unstructured.Unstructured{Object: oldObject}
	}
	current := &unstructured.Unstructured{Object: object}
	kind := current.GroupVersionKind()
	gvr := schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: resource}
	record := admission.NewAttributesRecord(
		current, old, kind, current.GetNamespace(), current.GetName(), gvr, "", operation, nil, false, nil)
	return &admission.VersionedAttributes{
		Attributes: record, VersionedKind: kind, VersionedObject: current, VersionedOldObject: old,
	}
}

func summary(result validating.ValidateResult) decision {
	found := decision{Allowed: true, Evaluation: "admit", Messages: []string{}}
	for _, each := range result.Decisions {
		if each.Action != validating.ActionAdmit {
			found.Allowed = false
			found.Messages = append(found.Messages, each.Message)
		}
		if each.Evaluation != validating.EvalAdmit {
			found.Evaluation = string(each.Evaluation)
		}
	}
	return found
}

func named(variables []v1.Variable) []cel.NamedExpressionAccessor {
	accessors := make([]cel.NamedExpressionAccessor, len(variables))
	for i, variable := range variables {
		accessors[i] = &validating.Variable{Name: variable.Name, Expression: variable.Expression}
	}
	return accessors
}

func conditions(validations []v1.Validation) (rules, messages []cel.ExpressionAccessor) {
	messages = make([]cel.ExpressionAccessor, len(validations))
	for i, validation := range validations {
		rules = append(rules, &validating.ValidationCondition{
			Expression: validation.Expression, Message: validation.Message, Reason: validation.Reason,
		})
		if validation.MessageExpression != "" {
			messages[i] = &validating.MessageExpressionCondition{MessageExpression: validation.MessageExpression}
		}
	}
	return rules, messages
}
