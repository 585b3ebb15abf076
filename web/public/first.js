/* Runs before the first paint, so that neither the theme nor the language flickers. */
(function () {
  var root = document.documentElement;
  var read = function (name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  var scheme = read("hub-colour-scheme");
  if (scheme !== "light" && scheme !== "dark") {
    scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  root.setAttribute("data-mantine-color-scheme", scheme);
  var language = read("hub-language") || navigator.language;
  root.lang = language.toLowerCase().indexOf("zh") === 0 ? "zh-CN" : "en";
})();
