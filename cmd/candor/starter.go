package main

import (
	"os"
	"path/filepath"

	"candor/engine"
)

// Until the starter package lands.
func starterSources() []engine.Source {
	return []engine.Source{{Name: "starter/eicar.yar", Namespace: "starter/eicar.yar", Data: []byte(`rule Eicar : test {
  meta:
    description = "EICAR test file"
    class = "test"
    severity = "info"
  strings:
    $a = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
  condition:
    $a
}`)}}
}

func writeSamples(dir string) error {
	return os.WriteFile(filepath.Join(dir, "eicar.txt"), []byte("$EICAR-STANDARD"+"-ANTIVIRUS-TEST-FILE!"), 0o644)
}
