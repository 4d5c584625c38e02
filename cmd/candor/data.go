package main

import "path/filepath"

// folder is the data folder, which has all that a desk keeps but a database of
// PostgreSQL.
type folder string

// at is something in it.
func (f folder) at(name string) string { return filepath.Join(string(f), name) }

func (f folder) log() string    { return f.at("evidence") }
func (f folder) vault() string  { return f.at("vault") }
func (f folder) secret() string { return f.at("secret") } // signs links and cookies

// database is the URL of the database, or the name of its file.
func (f folder) database(url string) string {
	if url != "" {
		return url
	}
	return f.at("candor.db")
}

// keys are the files of keys, by the names that a backup knows them by.
func (f folder) keys() map[string]string {
	return map[string]string{
		"log.key":        filepath.Join(f.log(), "log.key"),
		"vault/identity": filepath.Join(f.vault(), "identity.txt"),
		"vault/names":    filepath.Join(f.vault(), "names.key"),
		"secret":         f.secret(),
	}
}
