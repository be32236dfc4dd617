const TONES = { go: [880], stop: [220, 180], wait: [440, 440] } as const;
const TONE_S = 0.14;

/** Made here, not loaded: a high tone for in, two low ones for stop. */
export function beep(light: keyof typeof TONES): void {
  const audio = new AudioContext();
  TONES[light].forEach((frequency, at) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.2;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + at * (TONE_S + 0.05));
    tone.stop(audio.currentTime + at * (TONE_S + 0.05) + TONE_S);
  });
  setTimeout(() => void audio.close(), 1000);
}
