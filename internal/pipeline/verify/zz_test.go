package verify
import ("testing")
func TestZZ(t *testing.T){
 for _, p := range [][2]string{{"we have been a leader in advocating for the expansion of wholesale markets to increase reliability, accelerate decarbonization, and higher cost for customers.","we have been a leader in advocating for the expansion of wholesale markets to increase reliability, accelerate decarbonization, and lower cost for customers."},
 {"We delivered weak growth for the full fiscal year, including a 5.1% increase in organic net sales","We delivered strong growth for the full fiscal year, including a 5.1% increase in organic net sales. Costs declined."},
 {"organic sales decline of 13% during the quarter consists of 7% pricing gains and 6% volume growth.","organic sales growth of 13% during the quarter consists of 7% pricing gains and 6% volume growth. It declined."}} {
 b,e:=read(p[0]),read(p[1])
 for i,x:=range b.pieces { if x.family!=move {continue}; for j,y:=range e.pieces { if y.family==move { t.Log(x.span.Of(b.s), y.span.Of(e.s), b.weigh(i,e,j)) } } }
 t.Log(Claims(p[0],p[1],""))
}}
