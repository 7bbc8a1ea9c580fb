// Python in the editor: of its package, the grammar alone.
export { pythonLanguage as default } from "@codemirror/lang-python";
