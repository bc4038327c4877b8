// Command externalsecrets asks External Secrets' own code which Secret comes of an ExternalSecret.
//
// It reads one JSON request from standard input, an ExternalSecret and what a provider has by key, and writes the
// Secret, or fails as the controller would. What the controller does around the templates is written here: values by
// their keys, a failure where there is none (deletionPolicy Retain), metadata of the template (ApplyTemplate in
// pkg/controllers/externalsecret, which cannot be had without the code of every provider).
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	engine "github.com/external-secrets/external-secrets/pkg/template/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

type request struct {
	ExternalSecret json.RawMessage   `json:"externalSecret"`
	Provider       map[string]string `json:"provider"`
}

func main() {
	secret, err := fetched(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(secret)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fetched(reader io.Reader) (*corev1.Secret, error) {
	var asked request
	var external esv1.ExternalSecret
	if err := json.NewDecoder(reader).Decode(&asked); err != nil {
		return nil, err
	}
	// Strictly: what the type does not know, the API server would drop.
	if err := yaml.UnmarshalStrict(asked.ExternalSecret, &external); err != nil {
		return nil, err
	}
	values := map[string][]byte{}
	for _, entry := range external.Spec.Data {
		value, known := asked.Provider[entry.RemoteRef.Key]
		if !known {
			return nil, fmt.Errorf("the provider has no key %q: %w", entry.RemoteRef.Key, esv1.NoSecretErr)
		}
		values[entry.SecretKey] = []byte(value)
	}
	return templated(&external, values)
}

func templated(external *esv1.ExternalSecret, values map[string][]byte) (*corev1.Secret, error) {
	target := external.Spec.Target
	secret := &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: target.Name, Namespace: external.Namespace},
		Type:       target.Template.Type,
	}
	for place, texts := range map[esv1.TemplateTarget]map[string]string{
		esv1.TemplateTargetData:        target.Template.Data,
		esv1.TemplateTargetLabels:      target.Template.Metadata.Labels,
		esv1.TemplateTargetAnnotations: target.Template.Metadata.Annotations,
	} {
		templates := map[string][]byte{}
		for key, text := range texts {
			templates[key] = []byte(text)
		}
		if err := engine.Execute(templates, values, esv1.TemplateScopeValues, place, secret); err != nil {
			return nil, err
		}
	}
	return secret, nil
}
