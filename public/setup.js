// Comments on a new password as it is typed. It never leaves the field; the server has the last word.
const [field, meter, words, eye] = ["password", "strength-meter", "strength", "show-password"].map((id) => document.getElementById(id));

function judge() {
  const text = [...field.value];
  // A character counts when it is neither the one before nor its neighbour, as in aaaa, abcd or 4321.
  const counted = text.filter((c, i) => i === 0 || Math.abs(c.codePointAt(0) - text[i - 1].codePointAt(0)) > 1);
  const variety = new Set(counted.map((c) => c.toLowerCase())).size;
  const missing = 15 - text.length;
  let level = 4, say = "Strong";
  if (text.length === 0) [level, say] = [0, ""];
  else if (missing > 0) [level, say] = [1, `${missing} more ${missing === 1 ? "character" : "characters"} needed`];
  else if (variety < 6) [level, say] = [1, "Too easy to guess: use more different characters"];
  else if (text.length < 20 || variety < 9) [level, say] = [3, "Good"];
  meter.value = level;
  words.textContent = say;
  words.className = level === 1 ? "small is-warn" : "small muted";
}

meter.hidden = eye.hidden = false;
field.addEventListener("input", judge);
eye.addEventListener("click", () => {
  const show = field.type === "password";
  field.type = show ? "text" : "password";
  eye.setAttribute("aria-label", show ? "Hide password" : "Show password");
});
