// Recognises a recording with @yandex-cloud/nodejs-sdk: ADDRESS CERTIFICATE RECORDING.pcm RATE_HZ.
const fs = require('fs');
const { Session } = require('@yandex-cloud/nodejs-sdk');
const { stt, sttService } = require('@yandex-cloud/nodejs-sdk/ai-stt-v3');

const CHUNK_BYTES = 3201; // not a whole number of samples
const [address, certificate, recording, rateHz] = process.argv.slice(2);
const iamToken = JSON.parse(fs.readFileSync(0, 'utf8'));

async function* requests() {
    yield stt.StreamingRequest.fromPartial({
        sessionOptions: {
            recognitionModel: {
                audioFormat: {
                    rawAudio: {
                        audioEncoding: stt.RawAudio_AudioEncoding.LINEAR16_PCM,
                        sampleRateHertz: Number(rateHz),
                        audioChannelCount: 1,
                    },
                },
                textNormalization: {
                    textNormalization:
                        stt.TextNormalizationOptions_TextNormalization.TEXT_NORMALIZATION_DISABLED,
                },
            },
            eouClassifier: {
                defaultClassifier: {
                    type: stt.DefaultEouClassifier_EouSensitivity.DEFAULT,
                    maxPauseBetweenWordsHintMs: 5000,
                },
            },
        },
    });
    const pcm = fs.readFileSync(recording);
    for (let at = 0; at < pcm.length; at += CHUNK_BYTES) {
        yield stt.StreamingRequest.fromPartial({ chunk: { data: pcm.subarray(at, at + CHUNK_BYTES) } });
    }
}

async function main() {
    const session = new Session({ iamToken, ssl: { rootCerts: fs.readFileSync(certificate) } });
    const client = session.client(sttService.RecognizerClient, address);
    for await (const response of client.recognizeStreaming(requests())) {
        if (response.final) {
            const [best] = response.final.alternatives;
            const words = best.words.map((word) => [word.text, word.startTimeMs, word.endTimeMs]);
            console.log(JSON.stringify({ event: 'final', text: best.text, words }));
        } else if (response.eouUpdate) {
            console.log(JSON.stringify({ event: 'eou', time: response.eouUpdate.timeMs }));
        } else if (response.finalRefinement) {
            console.log(JSON.stringify({ event: 'refinement' }));
        }
    }
}

main();
