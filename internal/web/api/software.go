package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/software"
	"candor/internal/house"
)

type productQuery struct {
	Paging
	Sort string `query:"sort" enum:"created,name,id"`
	Text string `query:"text" maxLength:"200" doc:"Words that its name, publisher or identifier holds."`
}

type newProduct struct {
	Body struct {
		ID        string    `json:"id" pattern:"^[a-z0-9][a-z0-9.-]{0,63}$" doc:"What statements name it by, for good." example:"toolbar"`
		Name      string    `json:"name" minLength:"1" maxLength:"200"`
		Publisher string    `json:"publisher" minLength:"1" maxLength:"200" doc:"Who publishes it."`
		Asset     candor.ID `json:"asset" doc:"An asset of the kind product: findings are filed there."`
	}
}

type productAnswer struct{ Body software.Product }

type oneProduct struct {
	Product string `path:"product" pattern:"^[a-z0-9][a-z0-9.-]{0,63}$" doc:"The id of the product."`
}

type softwareView struct{ Body house.SoftwareView }

type newBuild struct {
	Product string `path:"product" pattern:"^[a-z0-9][a-z0-9.-]{0,63}$" doc:"The id of the product."`
	Body    struct {
		Declaration software.Declaration `json:"declaration" doc:"What candor software bind writes."`
		Since       time.Time            `json:"since,omitzero" doc:"It is bound from then on; from now on if missing."`
	}
}

type buildAnswer struct{ Body house.BuildView }

type codeAnswer struct{ Body house.DeviceCode }

type statementTaken struct {
	Body struct {
		Statement string `json:"statement" maxLength:"65536" doc:"A statement as the device signed it: a compact JWS."`
	}
}

type standingAsked struct {
	Body struct {
		Question string `json:"question" maxLength:"65536" doc:"A question as the device signed it: a compact JWS."`
	}
}

// addSoftware adds what is done about client software, and what devices ask.
func (s *server) addSoftware() {
	const tag = "Client software"
	reads := []access.Permission{access.ReadParties}
	add(s, operation{id: "list-software", method: http.MethodGet, path: "/api/v1/software", tag: tag, needs: reads, summary: "List client software"},
		func(ctx context.Context, who candor.Principal, in *productQuery) (*listed[software.Product], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "created")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Software(ctx, who, in.Text, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-software", method: http.MethodGet, path: "/api/v1/software/{product}", tag: tag, needs: reads,
		summary: "Get client software with its latest builds", about: "And on how many devices which version of the agreement stands."},
		func(ctx context.Context, who candor.Principal, in *oneProduct) (*softwareView, error) {
			v, err := s.House.Product(ctx, who, in.Product)
			return &softwareView{v}, err
		})
	add(s, operation{id: "add-software", method: http.MethodPost, path: "/api/v1/software", tag: tag, needs: managesSettings, status: http.StatusCreated, summary: "Register client software"},
		func(ctx context.Context, who candor.Principal, in *newProduct) (*productAnswer, error) {
			b := in.Body
			p, err := s.House.AddProduct(ctx, who, software.Product{ID: b.ID, Name: b.Name, Publisher: b.Publisher, Asset: b.Asset})
			return &productAnswer{p}, err
		})
	add(s, operation{id: "declare-build", method: http.MethodPost, path: "/api/v1/software/{product}/builds", tag: tag, needs: managesSettings, status: http.StatusCreated, body: software.MostDeclaration,
		summary: "Declare which agreement and privacy policy a build comes with",
		about:   "A build that is known is bound anew: what was agreed to of another version stands no longer from then on, and users are shown the new one."},
		func(ctx context.Context, who candor.Principal, in *newBuild) (*buildAnswer, error) {
			if in.Product != in.Body.Declaration.Build.Product {
				return nil, fault("body.declaration.build.product", "it is not the product of the address")
			}
			v, err := s.House.Declare(ctx, who, in.Body.Declaration, in.Body.Since)
			return &buildAnswer{v}, err
		})
	add(s, operation{id: "make-device-code", method: http.MethodPost, path: "/api/v1/device-codes", tag: tag, needs: []access.Permission{access.ActOwn}, status: http.StatusCreated, secrets: []string{"code"},
		summary: "Make a code by which a device becomes yours", about: "It is typed into the software, works once and for a quarter of an hour. What is said on the device from then on is said for you."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*codeAnswer, error) {
			c, err := s.House.MakeDeviceCode(ctx, who)
			return &codeAnswer{c}, err
		})
	s.addDevices(tag)
}

func (s *server) addDevices(tag string) {
	add(s, operation{id: "take-statement", method: http.MethodPost, path: software.StatementPath, tag: tag, needs: []access.Permission{Device}, body: mostSigned,
		summary: "Say what a user said on a device", about: "A statement counts once, and is answered the same however often it arrives; one that uses the serial of another is 409. " +
			"An agreement that is not the one of the build is refused, and becomes a finding; refusing and withdrawing are always taken."},
		func(ctx context.Context, _ candor.Principal, in *statementTaken) (*struct{ Body software.Answer }, error) {
			a, err := s.House.AcceptStatement(ctx, in.Body.Statement)
			return &struct{ Body software.Answer }{a}, err
		})
	add(s, operation{id: "ask-standing", method: http.MethodPost, path: software.QuestionPath, tag: tag, needs: []access.Permission{Device}, body: mostSigned,
		summary: "Ask whether what was agreed to on a device still stands", about: "And if not, why, and what to show the user next."},
		func(ctx context.Context, _ candor.Principal, in *standingAsked) (*struct{ Body software.Standing }, error) {
			v, err := s.House.SoftwareStands(ctx, in.Body.Question)
			return &struct{ Body software.Standing }{v}, err
		})
}

// mostSigned bounds the body of what a device signed, in bytes.
const mostSigned = 96 << 10
