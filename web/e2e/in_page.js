// Runs in every page before its own script: a microphone that plays what the test says, and an ear
// on what the page hears.
"use strict";
(() => {
  const RATE = 16_000;
  const BLOCK = 1024;

  const heard = { sound: [], by: [] };
  // With the name of an error as `refusal`, microphones are refused with it.
  window.ringcraftTest = { connections: [], refusal: null };

  let mouth = null;
  let voice = null;

  /** A microphone that is silent until `say`. */
  function microphone() {
    mouth = new AudioContext();
    voice = mouth.createMediaStreamDestination();
    // Without a source at all, some browsers send nothing.
    const silence = new ConstantSourceNode(mouth, { offset: 0 });
    silence.connect(voice);
    silence.start();
    return voice.stream;
  }

  /** Speaks a WAV file into the newest microphone; done when it has been spoken. */
  window.ringcraftTest.say = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const source = new AudioBufferSourceNode(mouth, { buffer: await mouth.decodeAudioData(bytes.buffer) });
    source.connect(voice);
    const ended = new Promise((done) => { source.onended = done; });
    source.start();
    await ended;
  };

  /** Takes the newest microphone away, as when its plug is pulled. */
  window.ringcraftTest.unplug = () => {
    const [track] = voice.stream.getTracks();
    track.stop();
    // A browser tells of it only where it was not the page that stopped it.
    track.dispatchEvent(new Event("ended"));
  };

  /** All that was heard so far, as base64 of 16 bit samples. */
  window.ringcraftTest.takeHeard = () => {
    const all = new Int16Array(heard.sound.flatMap((block) => [...block]));
    let text = "";
    for (const byte of new Uint8Array(all.buffer)) text += String.fromCharCode(byte);
    return btoa(text);
  };

  /** The loudest sample that was heard. */
  window.ringcraftTest.peak = () => {
    const louder = (peak, sample) => Math.max(peak, Math.abs(sample));
    return heard.sound.reduce((peak, block) => block.reduce(louder, peak), 0) / 32_768;
  };

  function listen(track) {
    const ear = new AudioContext({ sampleRate: RATE });
    const source = ear.createMediaStreamSource(new MediaStream([track]));
    // Old, but it needs no file of its own, which the page's policy would refuse.
    const tap = ear.createScriptProcessor(BLOCK, 1, 1);
    let [began, length] = [null, 0];
    tap.onaudioprocess = ({ inputBuffer }) => {
      const now = performance.now();
      began ??= now;
      // A busy page loses blocks: what comes after them keeps its place.
      const missed = Math.floor(((now - began) * (RATE / 1000) - length) / BLOCK);
      for (let block = 0; block < missed; block += 1) heard.sound.push(new Int16Array(BLOCK));
      heard.sound.push(Int16Array.from(inputBuffer.getChannelData(0), (sample) => Math.round(32_767 * sample)));
      length += BLOCK * (Math.max(0, missed) + 1);
    };
    source.connect(tap);
    tap.connect(ear.destination);
    // Dropped, they might be collected.
    heard.by.push({ ear, source, tap });
  }

  // An empty page has no devices.
  if (navigator.mediaDevices && !window.ringcraftKeepsMicrophone) {
    Object.defineProperty(navigator.mediaDevices, "getUserMedia", {
      value: async () => {
        const { refusal } = window.ringcraftTest;
        if (refusal) throw new DOMException("no microphone for you", refusal);
        return microphone();
      },
    });
  }

  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...settings) {
      super(...settings);
      window.ringcraftTest.connections.push(this);
      this.addEventListener("track", ({ track }) => listen(track));
    }
  };

  // A page that holds no call has nobody to tell.
  window.addEventListener("ringcraft", ({ detail }) => window.ringcraftTell?.(detail));
})();
