// Passkeys (Web Authentication): a form with data-passkey="get" or "create"
// asks the server for options, the authenticator for an answer, and sends that
// in its field "response".
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const identified = (all) => (all || []).map((c) => ({ ...c, id: bytes(c.id) }));

  const options = (o) => {
    o.challenge = bytes(o.challenge);
    if (o.user) o.user.id = bytes(o.user.id);
    if (o.allowCredentials) o.allowCredentials = identified(o.allowCredentials);
    if (o.excludeCredentials) o.excludeCredentials = identified(o.excludeCredentials);
    return o;
  };

  const answer = (c) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (c.response[name]) response[name] = text(c.response[name]);
    }
    if (c.response.getTransports) response.transports = c.response.getTransports();
    return JSON.stringify({
      id: c.id,
      rawId: text(c.rawId),
      type: c.type,
      authenticatorAttachment: c.authenticatorAttachment || undefined,
      clientExtensionResults: c.getClientExtensionResults(),
      response,
    });
  };

  const ask = async (form) => {
    const begun = await fetch(form.dataset.begin, { method: "POST", headers: { "HX-Request": "true" } });
    const elsewhere = begun.headers.get("HX-Redirect"); // to sign in again first
    if (elsewhere) return location.assign(elsewhere);
    if (!begun.ok) throw new Error(`status ${begun.status}`);
    const { publicKey } = await begun.json();
    form.elements.response.value = answer(await navigator.credentials[form.dataset.passkey]({ publicKey: options(publicKey) }));
    form.submit();
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const problem = form.querySelector("[data-passkey-error]");
    if (!window.PublicKeyCredential) {
      form.hidden = true;
      return;
    }
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      problem.hidden = true;
      ask(form).catch(() => { problem.hidden = false; });
    });
  });
})();
