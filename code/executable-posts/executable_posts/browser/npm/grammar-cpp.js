// C++ in the editor: of its package, the grammar alone.
export { cppLanguage as default } from "@codemirror/lang-cpp";
