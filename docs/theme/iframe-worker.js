// A page that is opened from a disk may not start the worker that searches. A hidden frame, which
// may run the same script, stands in for it; on a server nothing is changed.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      document.body.append(frame);
      const inside = frame.contentWindow;
      this.ready = new Promise((resolve) => {
        inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
        inside.importScripts = (...scripts) =>
          scripts.reduce((done, it) => done.then(() => load(inside, it)), Promise.resolve());
        load(inside, address).then(() => resolve(inside));
      });
    }

    postMessage(data) {
      this.ready.then((inside) => {
        inside.dispatchEvent(new MessageEvent("message", { data }));
      });
    }

    terminate() {}
  };

  const load = (inside, address) =>
    new Promise((resolve, reject) => {
      const script = inside.document.createElement("script");
      script.src = new URL(address, location.href).href;
      script.onload = resolve;
      script.onerror = reject;
      inside.document.documentElement.append(script);
    });
}
