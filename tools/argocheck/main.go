// Command argocheck asks Argo CD's and the API server's own code what they make of argocd/setup.
//
// It reads one JSON request from standard input and writes one JSON answer to standard output:
//
//	argocheck settings   what argocd-cm means: health of objects, excluded resources
//	argocheck plugin     the socket on which a plugin answers, hence its name
//	argocheck admission  what a ValidatingAdmissionPolicy says about requests
//	argocheck patch      an object after `kubectl patch`
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

var commands = map[string]func(io.Reader) (any, error){
	"settings":  settings,
	"plugin":    pluginSocket,
	"admission": admissionDecisions,
	"patch":     patched,
}

func main() {
	if len(os.Args) != 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: argocheck settings|plugin|admission|patch < request.json")
		os.Exit(2)
	}
	answer, err := commands[os.Args[1]](os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
