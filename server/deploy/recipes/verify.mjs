// Asks whether the key in $KEYWARD_KEY may do something.
const answer = await fetch("https://keys.example.com/forward-auth?scope=bookings.read", {
  headers: { Authorization: `Bearer ${process.env.KEYWARD_KEY}` },
  signal: AbortSignal.timeout(5000),
});
if (answer.ok) {
  console.log("valid", answer.headers.get("X-Keyward-Key-Name"));
} else {
  console.log(answer.status, (await answer.json()).code);
}
