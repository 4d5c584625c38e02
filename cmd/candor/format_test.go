package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"candor"
)

// checkJSON checks JSON lines against the contract: findings and errors with
// their members, and last one summary whose counts are those of the lines.
func checkJSON(data []byte) error {
	var findings, failures int64
	var last string
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var line map[string]any
		if err := dec.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		last, _ = line["type"].(string)
		switch last {
		case "finding":
			findings++
			for _, key := range []string{"path", "rule", "class", "severity", "sha256"} {
				if s, _ := line[key].(string); s == "" {
					return fmt.Errorf("finding without %s: %v", key, line)
				}
			}
			if b, err := hex.DecodeString(line["sha256"].(string)); err != nil || len(b) != 32 {
				return fmt.Errorf("no digest: %v", line)
			}
			if _, ok := candor.ParseClass(line["class"].(string)); !ok {
				return fmt.Errorf("no class of RSIT: %v", line)
			}
			if _, err := candor.ParseSeverity(line["severity"].(string)); err != nil {
				return err
			}
		case "error":
			failures++
		case "summary":
			if line["findings"] != float64(findings) || line["errors"] != float64(failures) {
				return fmt.Errorf("%d findings and %d errors, but the summary is %v", findings, failures, line)
			}
			for _, key := range []string{"files", "bytes", "seconds", "definitions", "problems"} {
				if _, ok := line[key].(float64); !ok {
					return fmt.Errorf("summary without %s: %v", key, line)
				}
			}
		default:
			return fmt.Errorf("line of type %q", last)
		}
	}
	if last != "summary" {
		return errors.New("the last line is not a summary")
	}
	return nil
}

// sarifLog is what SARIF 2.1.0 asks for of the parts that are written.
// Members that are not listed here are refused.
type sarifLog struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []struct {
		ColumnKind string `json:"columnKind"`
		Tool       struct {
			Driver struct {
				Name    string `json:"name"`
				Version string `json:"version"`
				Rules   []struct {
					ID               string         `json:"id"`
					Name             string         `json:"name"`
					ShortDescription message        `json:"shortDescription"`
					Configuration    configuration  `json:"defaultConfiguration"`
					Properties       map[string]any `json:"properties"`
				} `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Results []struct {
			RuleID           string         `json:"ruleId"`
			RuleIndex        *int           `json:"ruleIndex"`
			Level            string         `json:"level"`
			Rank             float64        `json:"rank"`
			Message          message        `json:"message"`
			Locations        []location     `json:"locations"`
			RelatedLocations []location     `json:"relatedLocations"`
			Properties       map[string]any `json:"properties"`
		} `json:"results"`
		Artifacts []struct {
			Location artifactLocation  `json:"location"`
			Length   *int64            `json:"length"`
			Hashes   map[string]string `json:"hashes"`
			Roles    []string          `json:"roles"`
		} `json:"artifacts"`
		Invocations []struct {
			ExecutionSuccessful *bool          `json:"executionSuccessful"`
			StartTimeUTC        time.Time      `json:"startTimeUtc"`
			EndTimeUTC          time.Time      `json:"endTimeUtc"`
			Notifications       []notification `json:"toolExecutionNotifications"`
			Properties          map[string]any `json:"properties"`
		} `json:"invocations"`
	} `json:"runs"`
}

type (
	message       struct{ Text string }
	configuration struct{ Level string }
	notification  struct {
		Level     string
		Message   message
		Locations []location
	}
	location struct {
		PhysicalLocation struct {
			ArtifactLocation artifactLocation `json:"artifactLocation"`
			Region           *struct {
				ByteOffset int64 `json:"byteOffset"`
				ByteLength int   `json:"byteLength"`
			} `json:"region"`
		} `json:"physicalLocation"`
	}
	artifactLocation struct {
		URI   string `json:"uri"`
		Index *int   `json:"index"`
	}
)

func checkSARIF(data []byte) error {
	var log sarifLog
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&log); err != nil {
		return err
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		return fmt.Errorf("version %q, %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || run.Results == nil || run.Tool.Driver.Rules == nil {
		return errors.New("tool, rules or results are missing")
	}
	if len(run.Invocations) != 1 || run.Invocations[0].ExecutionSuccessful == nil || run.Invocations[0].EndTimeUTC.IsZero() {
		return fmt.Errorf("invocations: %v", run.Invocations)
	}
	levels := []string{"none", "note", "warning", "error"}
	for _, r := range run.Results {
		if r.RuleIndex == nil || *r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[*r.RuleIndex].ID != r.RuleID {
			return fmt.Errorf("%s does not lead to its rule", r.RuleID)
		}
		if r.Message.Text == "" || !slices.Contains(levels, r.Level) || r.Rank < 0 || r.Rank > 100 || len(r.Locations) != 1 {
			return fmt.Errorf("%s: level %q, message %q, %d locations", r.RuleID, r.Level, r.Message.Text, len(r.Locations))
		}
		at := r.Locations[0].PhysicalLocation.ArtifactLocation
		if at.Index == nil || *at.Index >= len(run.Artifacts) || run.Artifacts[*at.Index].Location.URI != at.URI {
			return fmt.Errorf("%s does not lead to its artifact", at.URI)
		}
	}
	for _, a := range run.Artifacts {
		if _, err := url.Parse(a.Location.URI); err != nil {
			return err
		}
		if len(a.Hashes["sha-256"]) != 64 || a.Length == nil || !slices.Equal(a.Roles, []string{"resultFile"}) {
			return fmt.Errorf("artifact %v", a)
		}
	}
	return nil
}
