// Scans a list of files with YARA-X, one thread, and prints one JSON object.
// usage: node yarax.js MODULE CONFIG
// CONFIG is a JSON file: {"files": [{"path", "namespace"}], "externals": [names], "list": path}
'use strict'
const fs = require('fs')
const path = require('path')
const yarax = require(path.resolve(process.argv[2]))
const config = JSON.parse(fs.readFileSync(process.argv[3], 'utf8'))

const began = process.hrtime.bigint()
let rules
if (config.files.length === 1) {
  const folder = path.dirname(config.files[0].path)
  rules = yarax.fromFile(config.files[0].path, { relaxedReSyntax: true, includeDirectories: [folder] })
} else {
  rules = yarax.create()
  for (const name of config.externals) rules.defineVariable(name, '')
  rules.addRuleSources(config.files.map(f => ({ namespace: f.namespace, source: fs.readFileSync(f.path, 'utf8') })))
}
const compiled = process.hrtime.bigint()

let bytes = 0
let pairs = 0
const files = fs.readFileSync(config.list, 'utf8').split('\n').filter(Boolean)
for (const file of files) {
  const data = fs.readFileSync(file)
  bytes += data.length
  pairs += rules.scan(data).length
}
const done = process.hrtime.bigint()
console.log(JSON.stringify({
  compile: Number(compiled - began) / 1e9,
  seconds: Number(done - compiled) / 1e9,
  bytes, files: files.length, pairs
}))
