const { execFile } = require('node:child_process');
const express = require('express');
const path = require('node:path');

const app = express();
app.use(express.json({ limit: '100kb' }));
app.use(express.static(path.join(__dirname, 'public')));
app.get('/version', (req, res) => {
  execFile('git', ['rev-parse', 'HEAD'], (err, out) => res.send(err ? 'unknown' : out.trim()));
});
app.listen(process.env.PORT || 3000);
