// Where the program of a page's islands cannot be loaded or dies (a page translator moved the text it looks for), the page
// goes on as plain HTML: what the program still listens to no longer reaches it, and a notice says so.
(() => {
  const EVENTS = ["beforeinput", "change", "click", "close", "focusin", "focusout", "input", "keydown", "keyup", "pointerdown", "submit", "toggle"];
  let leaving = false;
  let told = false;
  const tell = () => {
    if (leaving || told) return;
    told = true;
    const notice = document.createElement("p");
    notice.className = "banner warn";
    notice.setAttribute("role", "alert");
    notice.textContent =
      "A part of this page stopped working in this browser; page translation and some extensions do that. Its plain forms still work, and nothing you typed is lost.";
    document.querySelector("main")?.prepend(notice);
  };
  const stop = ({ error, reason }) => {
    const kinds = [WebAssembly.RuntimeError, WebAssembly.CompileError, WebAssembly.LinkError];
    if (told || !kinds.some((kind) => (error ?? reason) instanceof kind)) return;
    tell();
    for (const name of EVENTS) addEventListener(name, (event) => event.stopImmediatePropagation(), true);
  };
  if (typeof WebAssembly === "undefined") return;
  addEventListener("pagehide", () => (leaving = true));
  addEventListener("pageshow", () => (leaving = false));
  addEventListener("error", stop);
  addEventListener("unhandledrejection", stop);
  addEventListener("keyward:unloaded", tell);
})();
