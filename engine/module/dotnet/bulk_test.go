package dotnet
import ("testing";"os";"path/filepath";"candor/engine/module/moduletest";"time")
func TestBulk(t *testing.T){ n:=0; var tot time.Duration; var bytes int
 m:=New()
 filepath.Walk(os.Getenv("BULK"),func(p string,fi os.FileInfo,err error) error{ if err!=nil||!fi.Mode().IsRegular(){return nil}
 b,_:=os.ReadFile(p); if len(b)<2||b[0]!='M'{return nil}; n++; in,_:=moduletest.Input(b); s:=time.Now(); d:=moduletest.Dump(t,m,in); tot+=time.Since(s); bytes+=len(b)
 if os.Getenv("CMP")!="" {moduletest.Compare(t,d,moduletest.YaraDump(t,"dotnet",p))}; return nil}); t.Log(n,tot,bytes)}
