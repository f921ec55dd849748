package verify_test
import ("testing";"time";"strings";"stockdigest.app/stockdigest/internal/pipeline/verify")
func TestZZ(t *testing.T){ for _, u := range []string{"A ", "not ", "may cut ", "5 ", "$5-", "rose ", "Apple and ", "per ", "A. ", "a", "5 to ", "A & "} {
 b:=strings.Repeat(u, 2000/len(u)); e:=strings.Repeat(u,96000/len(u))+"x"; s:=time.Now(); verify.Claims(b,e,""); d:=time.Since(s)
 s=time.Now(); verify.Claims(b,e[:8000],""); t.Logf("%q %v %v",u,d,time.Since(s)) }}
