// The page that shows a secret once: it copies and hides the secret, and asks before the page is left without storing it.
const [page, token, eye, copy, hint, said, done] = ["once", "once-token", "once-show", "once-copy", "once-hint", "once-said", "once-done"].map(
  (id) => document.getElementById(id),
);
let secret = token.textContent;
let leaving = false;
// The prefix says whose key it is; a JWT has none.
const masked = (secret.includes(".") ? "" : `${secret.split("_")[0]}_`) + "\u2022".repeat(28);

function show(shown) {
  token.textContent = shown ? secret : masked;
  eye.setAttribute("aria-pressed", String(shown));
  hint.textContent = shown ? "A click selects all of it, to copy." : "Hidden. Show it, or copy it.";
}

async function take() {
  try {
    await navigator.clipboard.writeText(secret);
    copy.textContent = "Copied";
    said.textContent = "";
    setTimeout(() => (copy.textContent = "Copy key"), 2000);
  } catch {
    // Over plain HTTP browsers withhold the clipboard.
    show(true);
    getSelection().selectAllChildren(token);
    said.textContent = "This browser does not let pages copy here. The key is selected: copy it by hand.";
  }
}

eye.hidden = copy.hidden = false;
show(false);
eye.addEventListener("click", () => show(eye.getAttribute("aria-pressed") === "false"));
copy.addEventListener("click", take);
// After the browser has moved the focus by itself.
requestAnimationFrame(() => copy.focus());
done.addEventListener("submit", () => (leaving = true));
addEventListener("beforeunload", (event) => {
  if (!leaving) event.preventDefault();
});
// A browser that brings the page back finds no secret in it.
addEventListener("pagehide", () => {
  secret = "";
  page.replaceChildren();
});
