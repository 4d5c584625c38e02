package engine_test

import (
	"fmt"

	"candor/engine"
)

func Example() {
	rules, report := engine.Compile([]engine.Source{{
		Name: "shells.yar",
		Data: []byte(`
			rule request_eval : webshell {
				meta:
					description = "code from the request is executed"
				strings:
					$run = /(eval|assert)\s*\(\s*\$_(GET|POST|REQUEST)/ nocase
				condition:
					filesize < 1MB and $run
			}`),
	}}, engine.Options{})
	for _, p := range report.Problems {
		fmt.Println(p)
	}

	scanner := rules.NewScanner(engine.ScanOptions{Strings: true})
	matches, err := scanner.Scan([]byte(`<?php Eval($_POST["x"]);`), engine.File{Name: "upload.php"})
	if err != nil {
		fmt.Println(err)
	}
	for _, m := range matches {
		fmt.Println(m.Rule.Name, m.Rule.Tags)
		for _, s := range m.Strings {
			fmt.Printf("%s at %d: %s\n", s.Name, s.Offset, s.Data)
		}
	}
	// Output:
	// request_eval [webshell]
	// $run at 6: Eval($_POST
}
