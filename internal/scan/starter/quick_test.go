package starter
import ("testing";"os";"candor/engine";"fmt";"path/filepath";"io/fs";"time")
func TestQuick(t *testing.T){
 root:=os.Getenv("QROOT"); if root=="" {t.Skip()}
 r,rep:=engine.Compile(Sources(),engine.Options{}); fmt.Println(rep.Rules,rep.Problems)
 s:=r.NewScanner(engine.ScanOptions{Strings:true}); st:=time.Now(); var n,b int
 for _,rt:=range filepath.SplitList(root){
 filepath.WalkDir(rt,func(p string,e fs.DirEntry,err error)error{ if err!=nil||!e.Type().IsRegular(){return nil}
  d,err:=os.ReadFile(p); if err!=nil {return nil}; n++; b+=len(d)
  ms,err:=s.Scan(d,engine.File{Name:p}); if err!=nil{fmt.Println("ERR",p,err)}
  for _,m:=range ms{ fmt.Println("HIT",m.Rule.Name,p); if os.Getenv("QS")!="" { for _,x:=range m.Strings { if len(x.Data)>160{x.Data=x.Data[:160]}; fmt.Printf("    %s %d %q\n",x.Name,x.Offset,x.Data)} }}
  return nil})}
 fmt.Println(n,b,time.Since(st))
}
