package admin

import (
	"net/http"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// doorView is the sign-in page, or an error on a page of its own.
type doorView struct {
	frame
	Message string
}

func (a *Admin) signInPage(w http.ResponseWriter, _ *http.Request, _ stockdigest.Access) error {
	return a.render(w, http.StatusOK, "signin", doorView{frame: a.frame("Sign in", stockdigest.Access{})})
}

func (a *Admin) signIn(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	if err := r.ParseForm(); err != nil {
		return stockdigest.Invalid("the form did not arrive whole: try again")
	}
	if err := a.SignIn.Start(w, r, r.PostForm.Get("token")); err != nil {
		return err
	}
	http.Redirect(w, r, prefix, http.StatusSeeOther)
	return nil
}

func (a *Admin) signOut(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	if err := a.SignIn.End(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, signIn, http.StatusSeeOther)
	return nil
}

// fail shows an error: at the door on the sign-in page, which is also where
// those go who are not signed in.
func (a *Admin) fail(w http.ResponseWriter, r *http.Request, f web.Failure) {
	page, title, atDoor := "fail", "That did not work", r.URL.Path == signIn
	if atDoor || f.Status == http.StatusUnauthorized {
		page, title = "signin", "Sign in"
	}
	if page == "signin" && !atDoor && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, signIn, http.StatusSeeOther)
		return
	}
	v := doorView{frame: a.frame(title, stockdigest.Access{}), Message: f.Message}
	if err := a.render(w, f.Status, page, v); err != nil {
		http.Error(w, f.Message, f.Status)
	}
}
