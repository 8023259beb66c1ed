// What is copied from a page can be pasted: no prompts, and no answers.
(() => {
  // The lines that somebody types at a prompt, with those that go on from them.
  const afterPrompts = (text, prompt, goesOn) => {
    const kept = [];
    let isTyped = false;
    for (const line of text.split("\n")) {
      const starts = line.startsWith(prompt);
      isTyped = starts || (isTyped && goesOn(line, kept.at(-1)));
      if (isTyped) kept.push(starts ? line.slice(prompt.length) : line);
    }
    return kept;
  };

  const pasted = (text) => {
    if (/^>>> /m.test(text)) {
      const lines = afterPrompts(text, ">>> ", (line) => /^\.\.\.( |$)/.test(line));
      return lines.map((line) => line.replace(/^\.\.\. ?/, "")).join("\n");
    }
    if (/^\$ /m.test(text)) return afterPrompts(text, "$ ", (_, above) => above.endsWith("\\")).join("\n");
    return text.trimEnd();
  };

  window.microfpTyped = pasted;

  // The theme copies the text of this attribute, if a button has it.
  const copies = (event) => {
    const button = event.target.closest?.("[data-clipboard-target]");
    const code = button && document.querySelector(button.dataset.clipboardTarget);
    if (code) button.dataset.clipboardText = pasted(code.textContent);
  };
  addEventListener("click", copies, true);
})();
