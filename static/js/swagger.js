/* Swagger UI on our own page: it reads the API's description, and asks the API as whoever is logged in here, or by a key. */
"use strict";

(() => {
  const place = document.getElementById("reference");
  const ask = (request) => {
    // A session's request changes nothing without its page's token; one by a key needs none.
    if (request.method && request.method !== "GET" && !request.loadSpec) request.headers["X-CSRFToken"] = place.dataset.token;
    return request;
  };
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    requestInterceptor: ask,
  });
})();
