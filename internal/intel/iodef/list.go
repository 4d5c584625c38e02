package iodef

import "encoding/xml"

// Lists that XML has an element around and JSON has not. Where a list is empty there
// is no such element, which package xml would write.
type (
	indicators []indicator
	systems    []system
	records    []record
)

func (l indicators) MarshalXML(e *xml.Encoder, around xml.StartElement) error {
	return within(e, around, "Indicator", l)
}

func (l *indicators) UnmarshalXML(d *xml.Decoder, around xml.StartElement) error {
	var in struct {
		List []indicator `xml:"Indicator"`
	}
	err := d.DecodeElement(&in, &around)
	*l = append(*l, in.List...)
	return err
}

func (l systems) MarshalXML(e *xml.Encoder, around xml.StartElement) error {
	return within(e, around, "System", l)
}

func (l *systems) UnmarshalXML(d *xml.Decoder, around xml.StartElement) error {
	var in struct {
		List []system `xml:"System"`
	}
	err := d.DecodeElement(&in, &around)
	*l = append(*l, in.List...)
	return err
}

func (l records) MarshalXML(e *xml.Encoder, around xml.StartElement) error {
	return within(e, around, "RecordData", l)
}

func (l *records) UnmarshalXML(d *xml.Decoder, around xml.StartElement) error {
	var in struct {
		List []record `xml:"RecordData"`
	}
	err := d.DecodeElement(&in, &around)
	*l = append(*l, in.List...)
	return err
}

// within writes a list with an element around it, or nothing.
func within[T any](e *xml.Encoder, around xml.StartElement, name string, list []T) error {
	if len(list) == 0 {
		return nil
	}
	if err := e.EncodeToken(around); err != nil {
		return err
	}
	for i := range list {
		if err := e.EncodeElement(&list[i], xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(around.End())
}
