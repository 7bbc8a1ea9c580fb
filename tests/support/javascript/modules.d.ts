// Modules that are there only where the page's runtime is put together (executable_posts/browser/npm).
declare module "@codemirror/*";
declare module "@lezer/*";
declare module "*/pyodide.mjs";
