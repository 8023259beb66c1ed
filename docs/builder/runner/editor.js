// The editor of an example: CodeMirror, with what a few lines of Python need.
import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorView, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { minimalSetup } from "codemirror";

// `run` is called by Ctrl-Enter, and by Cmd-Enter where that is the habit. Escape leaves the editor,
// so that Tab, which indents, is no trap for those who have no mouse.
export function edit({ parent, text, label, run, leave }) {
  const keys = [
    { key: "Mod-Enter", run: () => (run(), true) },
    { key: "Escape", run: () => (leave(), true) },
    indentWithTab,
  ];
  return new EditorView({
    doc: text,
    parent,
    extensions: [
      keymap.of(keys),
      minimalSetup,
      python(),
      syntaxHighlighting(classHighlighter), // in the colours of the page, by its style
      indentUnit.of("    "),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
    ],
  });
}
