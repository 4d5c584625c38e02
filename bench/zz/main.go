package main
import ("fmt";"os";"path/filepath";"sort";"time";"candor/bench/ruleset";"candor/engine";"io/fs")
func main(){
 sets,_:=ruleset.All("/work/shared/definitions"); src,_:=sets[0].Sources(); r,_:=engine.Compile(src,sets[0].Options()); s:=r.NewScanner(engine.ScanOptions{})
 type e struct{f string;d time.Duration;n int}
 var all []e; var tot time.Duration; start:=time.Now()
 filepath.WalkDir(os.Args[1],func(p string,d fs.DirEntry,err error)error{ if d.IsDir(){return nil}; b,_:=os.ReadFile(p); t:=time.Now(); s.Scan(b,engine.File{Name:p}); dd:=time.Since(t); tot+=dd; all=append(all,e{p,dd,len(b)}); if time.Since(start)>100*time.Second {return filepath.SkipAll}; return nil})
 sort.Slice(all,func(i,j int)bool{return all[i].d>all[j].d})
 fmt.Println(len(all),tot); for i:=range 25 { fmt.Println(all[i]) }
}
