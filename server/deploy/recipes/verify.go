// Asks whether the key in $KEYWARD_KEY may do something.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	request, err := http.NewRequest("GET", "https://keys.example.com/forward-auth?scope=bookings.read", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("KEYWARD_KEY"))
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		fmt.Println("valid", answer.Header.Get("X-Keyward-Key-Name"))
		return
	}
	var problem struct{ Code string }
	if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, problem.Code)
}
