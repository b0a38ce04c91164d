const drop = document.getElementById("drop");
const status = document.getElementById("status");
const answers = document.getElementById("answers");

function say(text, bad) {
  status.textContent = text;
  status.classList.toggle("bad", Boolean(bad));
}

async function ask(file) {
  say("looking at " + (file.name || "the picture") + " ...");
  try {
    const reply = await fetch("/recall?name=" + encodeURIComponent(file.name || "pasted picture"), { method: "POST", body: file });
    const text = await reply.text();
    if (!reply.ok) {
      say(text, true);
      return false;
    }
    answers.insertAdjacentHTML("afterbegin", text);
    say("");
    return true;
  } catch (error) {
    say("no answer: is `attractor serve` still running?", true);
    return false;
  }
}

async function all(files) {
  for (const file of files) {
    if (!(await ask(file))) break;
  }
}

document.getElementById("file").addEventListener("change", (event) => {
  all(Array.from(event.target.files)).then(() => { event.target.value = ""; });
});
for (const kind of ["dragover", "dragenter"]) {
  document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  all(Array.from(event.dataTransfer.files));
});
document.addEventListener("paste", (event) => all(Array.from(event.clipboardData.files)));
