// Answers /hello as Istio's sample of this name does: helloworld VERSION
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/hello", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(answer, "Hello version: %s, instance: %s\n", os.Args[1], name)
	})
	log.Fatal(http.ListenAndServe(":5000", nil))
}
