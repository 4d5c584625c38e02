rule regexp_135 {
  strings:
    $a = /hello/ 
  condition:
    $a
}

rule regexp_136 {
  strings:
    $a = /hello/ nocase
  condition:
    $a
}

rule regexp_137 {
  strings:
    $a = /hello/ wide
  condition:
    $a
}

rule regexp_138 {
  strings:
    $a = /hello/ fullword
  condition:
    $a
}

rule regexp_139 {
  strings:
    $a = /hello/ ascii wide
  condition:
    $a
}

rule regexp_140 {
  strings:
    $a = /hello/ nocase wide fullword
  condition:
    $a
}

rule regexp_141 {
  strings:
    $a = /hello/i 
  condition:
    $a
}

rule regexp_142 {
  strings:
    $a = /hello/i wide
  condition:
    $a
}

rule regexp_143 {
  strings:
    $a = /hello/i fullword
  condition:
    $a
}

rule regexp_144 {
  strings:
    $a = /hello/i ascii wide
  condition:
    $a
}

rule regexp_145 {
  strings:
    $a = /hello/i nocase wide fullword
  condition:
    $a
}

rule regexp_146 {
  strings:
    $a = /h.llo/ 
  condition:
    $a
}

rule regexp_147 {
  strings:
    $a = /h.llo/ nocase
  condition:
    $a
}

rule regexp_148 {
  strings:
    $a = /h.llo/ wide
  condition:
    $a
}

rule regexp_149 {
  strings:
    $a = /h.llo/ fullword
  condition:
    $a
}

rule regexp_150 {
  strings:
    $a = /h.llo/ ascii wide
  condition:
    $a
}

rule regexp_151 {
  strings:
    $a = /h.llo/ nocase wide fullword
  condition:
    $a
}

rule regexp_152 {
  strings:
    $a = /h.*o/ 
  condition:
    $a
}

rule regexp_153 {
  strings:
    $a = /h.*o/ nocase
  condition:
    $a
}

rule regexp_154 {
  strings:
    $a = /h.*o/ wide
  condition:
    $a
}

rule regexp_155 {
  strings:
    $a = /h.*o/ fullword
  condition:
    $a
}

rule regexp_156 {
  strings:
    $a = /h.*o/ ascii wide
  condition:
    $a
}

rule regexp_157 {
  strings:
    $a = /h.*o/ nocase wide fullword
  condition:
    $a
}

rule regexp_158 {
  strings:
    $a = /h.*?o/ 
  condition:
    $a
}

rule regexp_159 {
  strings:
    $a = /h.*?o/ nocase
  condition:
    $a
}

rule regexp_160 {
  strings:
    $a = /h.*?o/ wide
  condition:
    $a
}

rule regexp_161 {
  strings:
    $a = /h.*?o/ fullword
  condition:
    $a
}

rule regexp_162 {
  strings:
    $a = /h.*?o/ ascii wide
  condition:
    $a
}

rule regexp_163 {
  strings:
    $a = /h.*?o/ nocase wide fullword
  condition:
    $a
}

rule regexp_164 {
  strings:
    $a = /h.+o/s 
  condition:
    $a
}

rule regexp_165 {
  strings:
    $a = /h.+o/s nocase
  condition:
    $a
}

rule regexp_166 {
  strings:
    $a = /h.+o/s wide
  condition:
    $a
}

rule regexp_167 {
  strings:
    $a = /h.+o/s fullword
  condition:
    $a
}

rule regexp_168 {
  strings:
    $a = /h.+o/s ascii wide
  condition:
    $a
}

rule regexp_169 {
  strings:
    $a = /h.+o/s nocase wide fullword
  condition:
    $a
}

rule regexp_170 {
  strings:
    $a = /h.+?o/s 
  condition:
    $a
}

rule regexp_171 {
  strings:
    $a = /h.+?o/s nocase
  condition:
    $a
}

rule regexp_172 {
  strings:
    $a = /h.+?o/s wide
  condition:
    $a
}

rule regexp_173 {
  strings:
    $a = /h.+?o/s fullword
  condition:
    $a
}

rule regexp_174 {
  strings:
    $a = /h.+?o/s ascii wide
  condition:
    $a
}

rule regexp_175 {
  strings:
    $a = /h.+?o/s nocase wide fullword
  condition:
    $a
}

rule regexp_176 {
  strings:
    $a = /^hello/ 
  condition:
    $a
}

rule regexp_177 {
  strings:
    $a = /^hello/ nocase
  condition:
    $a
}

rule regexp_178 {
  strings:
    $a = /^hello/ wide
  condition:
    $a
}

rule regexp_179 {
  strings:
    $a = /^hello/ fullword
  condition:
    $a
}

rule regexp_180 {
  strings:
    $a = /^hello/ ascii wide
  condition:
    $a
}

rule regexp_181 {
  strings:
    $a = /^hello/ nocase wide fullword
  condition:
    $a
}

rule regexp_182 {
  strings:
    $a = /^Hello/ 
  condition:
    $a
}

rule regexp_183 {
  strings:
    $a = /^Hello/ nocase
  condition:
    $a
}

rule regexp_184 {
  strings:
    $a = /^Hello/ wide
  condition:
    $a
}

rule regexp_185 {
  strings:
    $a = /^Hello/ fullword
  condition:
    $a
}

rule regexp_186 {
  strings:
    $a = /^Hello/ ascii wide
  condition:
    $a
}

rule regexp_187 {
  strings:
    $a = /^Hello/ nocase wide fullword
  condition:
    $a
}

rule regexp_188 {
  strings:
    $a = /world$/ 
  condition:
    $a
}

rule regexp_189 {
  strings:
    $a = /world$/ nocase
  condition:
    $a
}

rule regexp_190 {
  strings:
    $a = /world$/ wide
  condition:
    $a
}

rule regexp_191 {
  strings:
    $a = /world$/ fullword
  condition:
    $a
}

rule regexp_192 {
  strings:
    $a = /world$/ ascii wide
  condition:
    $a
}

rule regexp_193 {
  strings:
    $a = /world$/ nocase wide fullword
  condition:
    $a
}

rule regexp_194 {
  strings:
    $a = /o$/ 
  condition:
    $a
}

rule regexp_195 {
  strings:
    $a = /o$/ nocase
  condition:
    $a
}

rule regexp_196 {
  strings:
    $a = /o$/ wide
  condition:
    $a
}

rule regexp_197 {
  strings:
    $a = /o$/ fullword
  condition:
    $a
}

rule regexp_198 {
  strings:
    $a = /o$/ ascii wide
  condition:
    $a
}

rule regexp_199 {
  strings:
    $a = /o$/ nocase wide fullword
  condition:
    $a
}

rule regexp_200 {
  strings:
    $a = /a{3}/ 
  condition:
    $a
}

rule regexp_201 {
  strings:
    $a = /a{3}/ nocase
  condition:
    $a
}

rule regexp_202 {
  strings:
    $a = /a{3}/ wide
  condition:
    $a
}

rule regexp_203 {
  strings:
    $a = /a{3}/ fullword
  condition:
    $a
}

rule regexp_204 {
  strings:
    $a = /a{3}/ ascii wide
  condition:
    $a
}

rule regexp_205 {
  strings:
    $a = /a{3}/ nocase wide fullword
  condition:
    $a
}

rule regexp_206 {
  strings:
    $a = /a{2,4}/ 
  condition:
    $a
}

rule regexp_207 {
  strings:
    $a = /a{2,4}/ nocase
  condition:
    $a
}

rule regexp_208 {
  strings:
    $a = /a{2,4}/ wide
  condition:
    $a
}

rule regexp_209 {
  strings:
    $a = /a{2,4}/ fullword
  condition:
    $a
}

rule regexp_210 {
  strings:
    $a = /a{2,4}/ ascii wide
  condition:
    $a
}

rule regexp_211 {
  strings:
    $a = /a{2,4}/ nocase wide fullword
  condition:
    $a
}

rule regexp_212 {
  strings:
    $a = /a{2,4}?/ 
  condition:
    $a
}

rule regexp_213 {
  strings:
    $a = /a{2,4}?/ nocase
  condition:
    $a
}

rule regexp_214 {
  strings:
    $a = /a{2,4}?/ wide
  condition:
    $a
}

rule regexp_215 {
  strings:
    $a = /a{2,4}?/ fullword
  condition:
    $a
}

rule regexp_216 {
  strings:
    $a = /a{2,4}?/ ascii wide
  condition:
    $a
}

rule regexp_217 {
  strings:
    $a = /a{2,4}?/ nocase wide fullword
  condition:
    $a
}

rule regexp_218 {
  strings:
    $a = /a{2,}/ 
  condition:
    $a
}

rule regexp_219 {
  strings:
    $a = /a{2,}/ nocase
  condition:
    $a
}

rule regexp_220 {
  strings:
    $a = /a{2,}/ wide
  condition:
    $a
}

rule regexp_221 {
  strings:
    $a = /a{2,}/ fullword
  condition:
    $a
}

rule regexp_222 {
  strings:
    $a = /a{2,}/ ascii wide
  condition:
    $a
}

rule regexp_223 {
  strings:
    $a = /a{2,}/ nocase wide fullword
  condition:
    $a
}

rule regexp_224 {
  strings:
    $a = /a{,3}b/ 
  condition:
    $a
}

rule regexp_225 {
  strings:
    $a = /a{,3}b/ nocase
  condition:
    $a
}

rule regexp_226 {
  strings:
    $a = /a{,3}b/ wide
  condition:
    $a
}

rule regexp_227 {
  strings:
    $a = /a{,3}b/ fullword
  condition:
    $a
}

rule regexp_228 {
  strings:
    $a = /a{,3}b/ ascii wide
  condition:
    $a
}

rule regexp_229 {
  strings:
    $a = /a{,3}b/ nocase wide fullword
  condition:
    $a
}

rule regexp_230 {
  strings:
    $a = /a+/ 
  condition:
    $a
}

rule regexp_231 {
  strings:
    $a = /a+/ nocase
  condition:
    $a
}

rule regexp_232 {
  strings:
    $a = /a+/ wide
  condition:
    $a
}

rule regexp_233 {
  strings:
    $a = /a+/ fullword
  condition:
    $a
}

rule regexp_234 {
  strings:
    $a = /a+/ ascii wide
  condition:
    $a
}

rule regexp_235 {
  strings:
    $a = /a+/ nocase wide fullword
  condition:
    $a
}

rule regexp_236 {
  strings:
    $a = /a+?/ 
  condition:
    $a
}

rule regexp_237 {
  strings:
    $a = /a+?/ nocase
  condition:
    $a
}

rule regexp_238 {
  strings:
    $a = /a+?/ wide
  condition:
    $a
}

rule regexp_239 {
  strings:
    $a = /a+?/ fullword
  condition:
    $a
}

rule regexp_240 {
  strings:
    $a = /a+?/ ascii wide
  condition:
    $a
}

rule regexp_241 {
  strings:
    $a = /a+?/ nocase wide fullword
  condition:
    $a
}

rule regexp_242 {
  strings:
    $a = /a*b/ 
  condition:
    $a
}

rule regexp_243 {
  strings:
    $a = /a*b/ nocase
  condition:
    $a
}

rule regexp_244 {
  strings:
    $a = /a*b/ wide
  condition:
    $a
}

rule regexp_245 {
  strings:
    $a = /a*b/ fullword
  condition:
    $a
}

rule regexp_246 {
  strings:
    $a = /a*b/ ascii wide
  condition:
    $a
}

rule regexp_247 {
  strings:
    $a = /a*b/ nocase wide fullword
  condition:
    $a
}

rule regexp_248 {
  strings:
    $a = /a?b/ 
  condition:
    $a
}

rule regexp_249 {
  strings:
    $a = /a?b/ nocase
  condition:
    $a
}

rule regexp_250 {
  strings:
    $a = /a?b/ wide
  condition:
    $a
}

rule regexp_251 {
  strings:
    $a = /a?b/ fullword
  condition:
    $a
}

rule regexp_252 {
  strings:
    $a = /a?b/ ascii wide
  condition:
    $a
}

rule regexp_253 {
  strings:
    $a = /a?b/ nocase wide fullword
  condition:
    $a
}

rule regexp_254 {
  strings:
    $a = /(ab)+/ 
  condition:
    $a
}

rule regexp_255 {
  strings:
    $a = /(ab)+/ nocase
  condition:
    $a
}

rule regexp_256 {
  strings:
    $a = /(ab)+/ wide
  condition:
    $a
}

rule regexp_257 {
  strings:
    $a = /(ab)+/ fullword
  condition:
    $a
}

rule regexp_258 {
  strings:
    $a = /(ab)+/ ascii wide
  condition:
    $a
}

rule regexp_259 {
  strings:
    $a = /(ab)+/ nocase wide fullword
  condition:
    $a
}

rule regexp_260 {
  strings:
    $a = /(ab|cd)+/ 
  condition:
    $a
}

rule regexp_261 {
  strings:
    $a = /(ab|cd)+/ nocase
  condition:
    $a
}

rule regexp_262 {
  strings:
    $a = /(ab|cd)+/ wide
  condition:
    $a
}

rule regexp_263 {
  strings:
    $a = /(ab|cd)+/ fullword
  condition:
    $a
}

rule regexp_264 {
  strings:
    $a = /(ab|cd)+/ ascii wide
  condition:
    $a
}

rule regexp_265 {
  strings:
    $a = /(ab|cd)+/ nocase wide fullword
  condition:
    $a
}

rule regexp_266 {
  strings:
    $a = /(a|ab)(c|bcd)/ 
  condition:
    $a
}

rule regexp_267 {
  strings:
    $a = /(a|ab)(c|bcd)/ nocase
  condition:
    $a
}

rule regexp_268 {
  strings:
    $a = /(a|ab)(c|bcd)/ wide
  condition:
    $a
}

rule regexp_269 {
  strings:
    $a = /(a|ab)(c|bcd)/ fullword
  condition:
    $a
}

rule regexp_270 {
  strings:
    $a = /(a|ab)(c|bcd)/ ascii wide
  condition:
    $a
}

rule regexp_271 {
  strings:
    $a = /(a|ab)(c|bcd)/ nocase wide fullword
  condition:
    $a
}

rule regexp_272 {
  strings:
    $a = /[a-z]+/ 
  condition:
    $a
}

rule regexp_273 {
  strings:
    $a = /[a-z]+/ nocase
  condition:
    $a
}

rule regexp_274 {
  strings:
    $a = /[a-z]+/ wide
  condition:
    $a
}

rule regexp_275 {
  strings:
    $a = /[a-z]+/ fullword
  condition:
    $a
}

rule regexp_276 {
  strings:
    $a = /[a-z]+/ ascii wide
  condition:
    $a
}

rule regexp_277 {
  strings:
    $a = /[a-z]+/ nocase wide fullword
  condition:
    $a
}

rule regexp_278 {
  strings:
    $a = /[^a-z]+o/ 
  condition:
    $a
}

rule regexp_279 {
  strings:
    $a = /[^a-z]+o/ nocase
  condition:
    $a
}

rule regexp_280 {
  strings:
    $a = /[^a-z]+o/ wide
  condition:
    $a
}

rule regexp_281 {
  strings:
    $a = /[^a-z]+o/ fullword
  condition:
    $a
}

rule regexp_282 {
  strings:
    $a = /[^a-z]+o/ ascii wide
  condition:
    $a
}

rule regexp_283 {
  strings:
    $a = /[^a-z]+o/ nocase wide fullword
  condition:
    $a
}

rule regexp_284 {
  strings:
    $a = /[A-Z][a-z]+/ 
  condition:
    $a
}

rule regexp_285 {
  strings:
    $a = /[A-Z][a-z]+/ nocase
  condition:
    $a
}

rule regexp_286 {
  strings:
    $a = /[A-Z][a-z]+/ wide
  condition:
    $a
}

rule regexp_287 {
  strings:
    $a = /[A-Z][a-z]+/ fullword
  condition:
    $a
}

rule regexp_288 {
  strings:
    $a = /[A-Z][a-z]+/ ascii wide
  condition:
    $a
}

rule regexp_289 {
  strings:
    $a = /[A-Z][a-z]+/ nocase wide fullword
  condition:
    $a
}

rule regexp_290 {
  strings:
    $a = /[\w-]+@[\w.]+/ 
  condition:
    $a
}

rule regexp_291 {
  strings:
    $a = /[\w-]+@[\w.]+/ nocase
  condition:
    $a
}

rule regexp_292 {
  strings:
    $a = /[\w-]+@[\w.]+/ wide
  condition:
    $a
}

rule regexp_293 {
  strings:
    $a = /[\w-]+@[\w.]+/ fullword
  condition:
    $a
}

rule regexp_294 {
  strings:
    $a = /[\w-]+@[\w.]+/ ascii wide
  condition:
    $a
}

rule regexp_295 {
  strings:
    $a = /[\w-]+@[\w.]+/ nocase wide fullword
  condition:
    $a
}

rule regexp_296 {
  strings:
    $a = /\d+/ 
  condition:
    $a
}

rule regexp_297 {
  strings:
    $a = /\d+/ nocase
  condition:
    $a
}

rule regexp_298 {
  strings:
    $a = /\d+/ wide
  condition:
    $a
}

rule regexp_299 {
  strings:
    $a = /\d+/ fullword
  condition:
    $a
}

rule regexp_300 {
  strings:
    $a = /\d+/ ascii wide
  condition:
    $a
}

rule regexp_301 {
  strings:
    $a = /\d+/ nocase wide fullword
  condition:
    $a
}

rule regexp_302 {
  strings:
    $a = /\d{2,3}/ 
  condition:
    $a
}

rule regexp_303 {
  strings:
    $a = /\d{2,3}/ nocase
  condition:
    $a
}

rule regexp_304 {
  strings:
    $a = /\d{2,3}/ wide
  condition:
    $a
}

rule regexp_305 {
  strings:
    $a = /\d{2,3}/ fullword
  condition:
    $a
}

rule regexp_306 {
  strings:
    $a = /\d{2,3}/ ascii wide
  condition:
    $a
}

rule regexp_307 {
  strings:
    $a = /\d{2,3}/ nocase wide fullword
  condition:
    $a
}

rule regexp_308 {
  strings:
    $a = /\D\d/ 
  condition:
    $a
}

rule regexp_309 {
  strings:
    $a = /\D\d/ nocase
  condition:
    $a
}

rule regexp_310 {
  strings:
    $a = /\D\d/ wide
  condition:
    $a
}

rule regexp_311 {
  strings:
    $a = /\D\d/ fullword
  condition:
    $a
}

rule regexp_312 {
  strings:
    $a = /\D\d/ ascii wide
  condition:
    $a
}

rule regexp_313 {
  strings:
    $a = /\D\d/ nocase wide fullword
  condition:
    $a
}

rule regexp_314 {
  strings:
    $a = /\s\S/ 
  condition:
    $a
}

rule regexp_315 {
  strings:
    $a = /\s\S/ nocase
  condition:
    $a
}

rule regexp_316 {
  strings:
    $a = /\s\S/ wide
  condition:
    $a
}

rule regexp_317 {
  strings:
    $a = /\s\S/ fullword
  condition:
    $a
}

rule regexp_318 {
  strings:
    $a = /\s\S/ ascii wide
  condition:
    $a
}

rule regexp_319 {
  strings:
    $a = /\s\S/ nocase wide fullword
  condition:
    $a
}

rule regexp_320 {
  strings:
    $a = /\w+\W/ 
  condition:
    $a
}

rule regexp_321 {
  strings:
    $a = /\w+\W/ nocase
  condition:
    $a
}

rule regexp_322 {
  strings:
    $a = /\w+\W/ wide
  condition:
    $a
}

rule regexp_323 {
  strings:
    $a = /\w+\W/ fullword
  condition:
    $a
}

rule regexp_324 {
  strings:
    $a = /\w+\W/ ascii wide
  condition:
    $a
}

rule regexp_325 {
  strings:
    $a = /\w+\W/ nocase wide fullword
  condition:
    $a
}

rule regexp_326 {
  strings:
    $a = /\bword\b/ 
  condition:
    $a
}

rule regexp_327 {
  strings:
    $a = /\bword\b/ nocase
  condition:
    $a
}

rule regexp_328 {
  strings:
    $a = /\bword\b/ wide
  condition:
    $a
}

rule regexp_329 {
  strings:
    $a = /\bword\b/ fullword
  condition:
    $a
}

rule regexp_330 {
  strings:
    $a = /\bword\b/ ascii wide
  condition:
    $a
}

rule regexp_331 {
  strings:
    $a = /\bword\b/ nocase wide fullword
  condition:
    $a
}

rule regexp_332 {
  strings:
    $a = /\bHello/ 
  condition:
    $a
}

rule regexp_333 {
  strings:
    $a = /\bHello/ nocase
  condition:
    $a
}

rule regexp_334 {
  strings:
    $a = /\bHello/ wide
  condition:
    $a
}

rule regexp_335 {
  strings:
    $a = /\bHello/ fullword
  condition:
    $a
}

rule regexp_336 {
  strings:
    $a = /\bHello/ ascii wide
  condition:
    $a
}

rule regexp_337 {
  strings:
    $a = /\bHello/ nocase wide fullword
  condition:
    $a
}

rule regexp_338 {
  strings:
    $a = /o\b/ 
  condition:
    $a
}

rule regexp_339 {
  strings:
    $a = /o\b/ nocase
  condition:
    $a
}

rule regexp_340 {
  strings:
    $a = /o\b/ wide
  condition:
    $a
}

rule regexp_341 {
  strings:
    $a = /o\b/ fullword
  condition:
    $a
}

rule regexp_342 {
  strings:
    $a = /o\b/ ascii wide
  condition:
    $a
}

rule regexp_343 {
  strings:
    $a = /o\b/ nocase wide fullword
  condition:
    $a
}

rule regexp_344 {
  strings:
    $a = /\Bl\B/ 
  condition:
    $a
}

rule regexp_345 {
  strings:
    $a = /\Bl\B/ nocase
  condition:
    $a
}

rule regexp_346 {
  strings:
    $a = /\Bl\B/ wide
  condition:
    $a
}

rule regexp_347 {
  strings:
    $a = /\Bl\B/ fullword
  condition:
    $a
}

rule regexp_348 {
  strings:
    $a = /\Bl\B/ ascii wide
  condition:
    $a
}

rule regexp_349 {
  strings:
    $a = /\Bl\B/ nocase wide fullword
  condition:
    $a
}

rule regexp_350 {
  strings:
    $a = /\x48ello/ 
  condition:
    $a
}

rule regexp_351 {
  strings:
    $a = /\x48ello/ nocase
  condition:
    $a
}

rule regexp_352 {
  strings:
    $a = /\x48ello/ wide
  condition:
    $a
}

rule regexp_353 {
  strings:
    $a = /\x48ello/ fullword
  condition:
    $a
}

rule regexp_354 {
  strings:
    $a = /\x48ello/ ascii wide
  condition:
    $a
}

rule regexp_355 {
  strings:
    $a = /\x48ello/ nocase wide fullword
  condition:
    $a
}

rule regexp_356 {
  strings:
    $a = /H\x65/ 
  condition:
    $a
}

rule regexp_357 {
  strings:
    $a = /H\x65/ nocase
  condition:
    $a
}

rule regexp_358 {
  strings:
    $a = /H\x65/ wide
  condition:
    $a
}

rule regexp_359 {
  strings:
    $a = /H\x65/ fullword
  condition:
    $a
}

rule regexp_360 {
  strings:
    $a = /H\x65/ ascii wide
  condition:
    $a
}

rule regexp_361 {
  strings:
    $a = /H\x65/ nocase wide fullword
  condition:
    $a
}

rule regexp_362 {
  strings:
    $a = /\.php/ 
  condition:
    $a
}

rule regexp_363 {
  strings:
    $a = /\.php/ nocase
  condition:
    $a
}

rule regexp_364 {
  strings:
    $a = /\.php/ wide
  condition:
    $a
}

rule regexp_365 {
  strings:
    $a = /\.php/ fullword
  condition:
    $a
}

rule regexp_366 {
  strings:
    $a = /\.php/ ascii wide
  condition:
    $a
}

rule regexp_367 {
  strings:
    $a = /\.php/ nocase wide fullword
  condition:
    $a
}

rule regexp_368 {
  strings:
    $a = /\/path/ 
  condition:
    $a
}

rule regexp_369 {
  strings:
    $a = /\/path/ nocase
  condition:
    $a
}

rule regexp_370 {
  strings:
    $a = /\/path/ wide
  condition:
    $a
}

rule regexp_371 {
  strings:
    $a = /\/path/ fullword
  condition:
    $a
}

rule regexp_372 {
  strings:
    $a = /\/path/ ascii wide
  condition:
    $a
}

rule regexp_373 {
  strings:
    $a = /\/path/ nocase wide fullword
  condition:
    $a
}

rule regexp_374 {
  strings:
    $a = /a|b|c/ 
  condition:
    $a
}

rule regexp_375 {
  strings:
    $a = /a|b|c/ nocase
  condition:
    $a
}

rule regexp_376 {
  strings:
    $a = /a|b|c/ wide
  condition:
    $a
}

rule regexp_377 {
  strings:
    $a = /a|b|c/ fullword
  condition:
    $a
}

rule regexp_378 {
  strings:
    $a = /a|b|c/ ascii wide
  condition:
    $a
}

rule regexp_379 {
  strings:
    $a = /a|b|c/ nocase wide fullword
  condition:
    $a
}

rule regexp_380 {
  strings:
    $a = /(foo|bar)baz/ 
  condition:
    $a
}

rule regexp_381 {
  strings:
    $a = /(foo|bar)baz/ nocase
  condition:
    $a
}

rule regexp_382 {
  strings:
    $a = /(foo|bar)baz/ wide
  condition:
    $a
}

rule regexp_383 {
  strings:
    $a = /(foo|bar)baz/ fullword
  condition:
    $a
}

rule regexp_384 {
  strings:
    $a = /(foo|bar)baz/ ascii wide
  condition:
    $a
}

rule regexp_385 {
  strings:
    $a = /(foo|bar)baz/ nocase wide fullword
  condition:
    $a
}

rule regexp_386 {
  strings:
    $a = /x{0,1}y/ 
  condition:
    $a
}

rule regexp_387 {
  strings:
    $a = /x{0,1}y/ nocase
  condition:
    $a
}

rule regexp_388 {
  strings:
    $a = /x{0,1}y/ wide
  condition:
    $a
}

rule regexp_389 {
  strings:
    $a = /x{0,1}y/ fullword
  condition:
    $a
}

rule regexp_390 {
  strings:
    $a = /x{0,1}y/ ascii wide
  condition:
    $a
}

rule regexp_391 {
  strings:
    $a = /x{0,1}y/ nocase wide fullword
  condition:
    $a
}

rule regexp_392 {
  strings:
    $a = /\t/ 
  condition:
    $a
}

rule regexp_393 {
  strings:
    $a = /\t/ nocase
  condition:
    $a
}

rule regexp_394 {
  strings:
    $a = /\t/ wide
  condition:
    $a
}

rule regexp_395 {
  strings:
    $a = /\t/ fullword
  condition:
    $a
}

rule regexp_396 {
  strings:
    $a = /\t/ ascii wide
  condition:
    $a
}

rule regexp_397 {
  strings:
    $a = /\t/ nocase wide fullword
  condition:
    $a
}

rule regexp_398 {
  strings:
    $a = /\n/ 
  condition:
    $a
}

rule regexp_399 {
  strings:
    $a = /\n/ nocase
  condition:
    $a
}

rule regexp_400 {
  strings:
    $a = /\n/ wide
  condition:
    $a
}

rule regexp_401 {
  strings:
    $a = /\n/ fullword
  condition:
    $a
}

rule regexp_402 {
  strings:
    $a = /\n/ ascii wide
  condition:
    $a
}

rule regexp_403 {
  strings:
    $a = /\n/ nocase wide fullword
  condition:
    $a
}

rule regexp_404 {
  strings:
    $a = /[\n\r]+/ 
  condition:
    $a
}

rule regexp_405 {
  strings:
    $a = /[\n\r]+/ nocase
  condition:
    $a
}

rule regexp_406 {
  strings:
    $a = /[\n\r]+/ wide
  condition:
    $a
}

rule regexp_407 {
  strings:
    $a = /[\n\r]+/ fullword
  condition:
    $a
}

rule regexp_408 {
  strings:
    $a = /[\n\r]+/ ascii wide
  condition:
    $a
}

rule regexp_409 {
  strings:
    $a = /[\n\r]+/ nocase wide fullword
  condition:
    $a
}

rule regexp_410 {
  strings:
    $a = /[]a]/ 
  condition:
    $a
}

rule regexp_411 {
  strings:
    $a = /[]a]/ nocase
  condition:
    $a
}

rule regexp_412 {
  strings:
    $a = /[]a]/ wide
  condition:
    $a
}

rule regexp_413 {
  strings:
    $a = /[]a]/ fullword
  condition:
    $a
}

rule regexp_414 {
  strings:
    $a = /[]a]/ ascii wide
  condition:
    $a
}

rule regexp_415 {
  strings:
    $a = /[]a]/ nocase wide fullword
  condition:
    $a
}

rule regexp_416 {
  strings:
    $a = /[^]]x/ 
  condition:
    $a
}

rule regexp_417 {
  strings:
    $a = /[^]]x/ nocase
  condition:
    $a
}

rule regexp_418 {
  strings:
    $a = /[^]]x/ wide
  condition:
    $a
}

rule regexp_419 {
  strings:
    $a = /[^]]x/ fullword
  condition:
    $a
}

rule regexp_420 {
  strings:
    $a = /[^]]x/ ascii wide
  condition:
    $a
}

rule regexp_421 {
  strings:
    $a = /[^]]x/ nocase wide fullword
  condition:
    $a
}

rule regexp_422 {
  strings:
    $a = /[a\-z]/ 
  condition:
    $a
}

rule regexp_423 {
  strings:
    $a = /[a\-z]/ nocase
  condition:
    $a
}

rule regexp_424 {
  strings:
    $a = /[a\-z]/ wide
  condition:
    $a
}

rule regexp_425 {
  strings:
    $a = /[a\-z]/ fullword
  condition:
    $a
}

rule regexp_426 {
  strings:
    $a = /[a\-z]/ ascii wide
  condition:
    $a
}

rule regexp_427 {
  strings:
    $a = /[a\-z]/ nocase wide fullword
  condition:
    $a
}

rule regexp_428 {
  strings:
    $a = /[-a]b/ 
  condition:
    $a
}

rule regexp_429 {
  strings:
    $a = /[-a]b/ nocase
  condition:
    $a
}

rule regexp_430 {
  strings:
    $a = /[-a]b/ wide
  condition:
    $a
}

rule regexp_431 {
  strings:
    $a = /[-a]b/ fullword
  condition:
    $a
}

rule regexp_432 {
  strings:
    $a = /[-a]b/ ascii wide
  condition:
    $a
}

rule regexp_433 {
  strings:
    $a = /[-a]b/ nocase wide fullword
  condition:
    $a
}

rule regexp_434 {
  strings:
    $a = /\\/ 
  condition:
    $a
}

rule regexp_435 {
  strings:
    $a = /\\/ nocase
  condition:
    $a
}

rule regexp_436 {
  strings:
    $a = /\\/ wide
  condition:
    $a
}

rule regexp_437 {
  strings:
    $a = /\\/ fullword
  condition:
    $a
}

rule regexp_438 {
  strings:
    $a = /\\/ ascii wide
  condition:
    $a
}

rule regexp_439 {
  strings:
    $a = /\\/ nocase wide fullword
  condition:
    $a
}

rule regexp_440 {
  strings:
    $a = /"/ 
  condition:
    $a
}

rule regexp_441 {
  strings:
    $a = /"/ nocase
  condition:
    $a
}

rule regexp_442 {
  strings:
    $a = /"/ wide
  condition:
    $a
}

rule regexp_443 {
  strings:
    $a = /"/ fullword
  condition:
    $a
}

rule regexp_444 {
  strings:
    $a = /"/ ascii wide
  condition:
    $a
}

rule regexp_445 {
  strings:
    $a = /"/ nocase wide fullword
  condition:
    $a
}

rule regexp_446 {
  strings:
    $a = /h(e|E)l{2}o/ 
  condition:
    $a
}

rule regexp_447 {
  strings:
    $a = /h(e|E)l{2}o/ nocase
  condition:
    $a
}

rule regexp_448 {
  strings:
    $a = /h(e|E)l{2}o/ wide
  condition:
    $a
}

rule regexp_449 {
  strings:
    $a = /h(e|E)l{2}o/ fullword
  condition:
    $a
}

rule regexp_450 {
  strings:
    $a = /h(e|E)l{2}o/ ascii wide
  condition:
    $a
}

rule regexp_451 {
  strings:
    $a = /h(e|E)l{2}o/ nocase wide fullword
  condition:
    $a
}

rule regexp_452 {
  strings:
    $a = /ab.{0,5}cd/ 
  condition:
    $a
}

rule regexp_453 {
  strings:
    $a = /ab.{0,5}cd/ nocase
  condition:
    $a
}

rule regexp_454 {
  strings:
    $a = /ab.{0,5}cd/ wide
  condition:
    $a
}

rule regexp_455 {
  strings:
    $a = /ab.{0,5}cd/ fullword
  condition:
    $a
}

rule regexp_456 {
  strings:
    $a = /ab.{0,5}cd/ ascii wide
  condition:
    $a
}

rule regexp_457 {
  strings:
    $a = /ab.{0,5}cd/ nocase wide fullword
  condition:
    $a
}

rule regexp_458 {
  strings:
    $a = /ab.{2,}cd/ 
  condition:
    $a
}

rule regexp_459 {
  strings:
    $a = /ab.{2,}cd/ nocase
  condition:
    $a
}

rule regexp_460 {
  strings:
    $a = /ab.{2,}cd/ wide
  condition:
    $a
}

rule regexp_461 {
  strings:
    $a = /ab.{2,}cd/ fullword
  condition:
    $a
}

rule regexp_462 {
  strings:
    $a = /ab.{2,}cd/ ascii wide
  condition:
    $a
}

rule regexp_463 {
  strings:
    $a = /ab.{2,}cd/ nocase wide fullword
  condition:
    $a
}

rule regexp_464 {
  strings:
    $a = /ab.{0,300}cd/s 
  condition:
    $a
}

rule regexp_465 {
  strings:
    $a = /ab.{0,300}cd/s nocase
  condition:
    $a
}

rule regexp_466 {
  strings:
    $a = /ab.{0,300}cd/s wide
  condition:
    $a
}

rule regexp_467 {
  strings:
    $a = /ab.{0,300}cd/s fullword
  condition:
    $a
}

rule regexp_468 {
  strings:
    $a = /ab.{0,300}cd/s ascii wide
  condition:
    $a
}

rule regexp_469 {
  strings:
    $a = /ab.{0,300}cd/s nocase wide fullword
  condition:
    $a
}

rule regexp_470 {
  strings:
    $a = /(a{1,3}){2}/ 
  condition:
    $a
}

rule regexp_471 {
  strings:
    $a = /(a{1,3}){2}/ nocase
  condition:
    $a
}

rule regexp_472 {
  strings:
    $a = /(a{1,3}){2}/ wide
  condition:
    $a
}

rule regexp_473 {
  strings:
    $a = /(a{1,3}){2}/ fullword
  condition:
    $a
}

rule regexp_474 {
  strings:
    $a = /(a{1,3}){2}/ ascii wide
  condition:
    $a
}

rule regexp_475 {
  strings:
    $a = /(a{1,3}){2}/ nocase wide fullword
  condition:
    $a
}

rule regexp_476 {
  strings:
    $a = /(a+)+b/ 
  condition:
    $a
}

rule regexp_477 {
  strings:
    $a = /(a+)+b/ nocase
  condition:
    $a
}

rule regexp_478 {
  strings:
    $a = /(a+)+b/ wide
  condition:
    $a
}

rule regexp_479 {
  strings:
    $a = /(a+)+b/ fullword
  condition:
    $a
}

rule regexp_480 {
  strings:
    $a = /(a+)+b/ ascii wide
  condition:
    $a
}

rule regexp_481 {
  strings:
    $a = /(a+)+b/ nocase wide fullword
  condition:
    $a
}

rule regexp_482 {
  strings:
    $a = /(a*)*b/ 
  condition:
    $a
}

rule regexp_483 {
  strings:
    $a = /(a*)*b/ nocase
  condition:
    $a
}

rule regexp_484 {
  strings:
    $a = /(a*)*b/ wide
  condition:
    $a
}

rule regexp_485 {
  strings:
    $a = /(a*)*b/ fullword
  condition:
    $a
}

rule regexp_486 {
  strings:
    $a = /(a*)*b/ ascii wide
  condition:
    $a
}

rule regexp_487 {
  strings:
    $a = /(a*)*b/ nocase wide fullword
  condition:
    $a
}

rule regexp_488 {
  strings:
    $a = /.{3}llo/ 
  condition:
    $a
}

rule regexp_489 {
  strings:
    $a = /.{3}llo/ nocase
  condition:
    $a
}

rule regexp_490 {
  strings:
    $a = /.{3}llo/ wide
  condition:
    $a
}

rule regexp_491 {
  strings:
    $a = /.{3}llo/ fullword
  condition:
    $a
}

rule regexp_492 {
  strings:
    $a = /.{3}llo/ ascii wide
  condition:
    $a
}

rule regexp_493 {
  strings:
    $a = /.{3}llo/ nocase wide fullword
  condition:
    $a
}

rule regexp_494 {
  strings:
    $a = /Hello.World/s 
  condition:
    $a
}

rule regexp_495 {
  strings:
    $a = /Hello.World/s nocase
  condition:
    $a
}

rule regexp_496 {
  strings:
    $a = /Hello.World/s wide
  condition:
    $a
}

rule regexp_497 {
  strings:
    $a = /Hello.World/s fullword
  condition:
    $a
}

rule regexp_498 {
  strings:
    $a = /Hello.World/s ascii wide
  condition:
    $a
}

rule regexp_499 {
  strings:
    $a = /Hello.World/s nocase wide fullword
  condition:
    $a
}

rule regexp_500 {
  strings:
    $a = /Hello.World/ 
  condition:
    $a
}

rule regexp_501 {
  strings:
    $a = /Hello.World/ nocase
  condition:
    $a
}

rule regexp_502 {
  strings:
    $a = /Hello.World/ wide
  condition:
    $a
}

rule regexp_503 {
  strings:
    $a = /Hello.World/ fullword
  condition:
    $a
}

rule regexp_504 {
  strings:
    $a = /Hello.World/ ascii wide
  condition:
    $a
}

rule regexp_505 {
  strings:
    $a = /Hello.World/ nocase wide fullword
  condition:
    $a
}

rule regexp_506 {
  strings:
    $a = /\x00/ 
  condition:
    $a
}

rule regexp_507 {
  strings:
    $a = /\x00/ nocase
  condition:
    $a
}

rule regexp_508 {
  strings:
    $a = /\x00/ wide
  condition:
    $a
}

rule regexp_509 {
  strings:
    $a = /\x00/ fullword
  condition:
    $a
}

rule regexp_510 {
  strings:
    $a = /\x00/ ascii wide
  condition:
    $a
}

rule regexp_511 {
  strings:
    $a = /\x00/ nocase wide fullword
  condition:
    $a
}

rule regexp_512 {
  strings:
    $a = /\x00\x01/ 
  condition:
    $a
}

rule regexp_513 {
  strings:
    $a = /\x00\x01/ nocase
  condition:
    $a
}

rule regexp_514 {
  strings:
    $a = /\x00\x01/ wide
  condition:
    $a
}

rule regexp_515 {
  strings:
    $a = /\x00\x01/ fullword
  condition:
    $a
}

rule regexp_516 {
  strings:
    $a = /\x00\x01/ ascii wide
  condition:
    $a
}

rule regexp_517 {
  strings:
    $a = /\x00\x01/ nocase wide fullword
  condition:
    $a
}

rule regexp_518 {
  strings:
    $a = /[\x00-\x08]{2}/ 
  condition:
    $a
}

rule regexp_519 {
  strings:
    $a = /[\x00-\x08]{2}/ nocase
  condition:
    $a
}

rule regexp_520 {
  strings:
    $a = /[\x00-\x08]{2}/ wide
  condition:
    $a
}

rule regexp_521 {
  strings:
    $a = /[\x00-\x08]{2}/ fullword
  condition:
    $a
}

rule regexp_522 {
  strings:
    $a = /[\x00-\x08]{2}/ ascii wide
  condition:
    $a
}

rule regexp_523 {
  strings:
    $a = /[\x00-\x08]{2}/ nocase wide fullword
  condition:
    $a
}

rule regexp_524 {
  strings:
    $a = /[^\x00]{4}/ 
  condition:
    $a
}

rule regexp_525 {
  strings:
    $a = /[^\x00]{4}/ nocase
  condition:
    $a
}

rule regexp_526 {
  strings:
    $a = /[^\x00]{4}/ wide
  condition:
    $a
}

rule regexp_527 {
  strings:
    $a = /[^\x00]{4}/ fullword
  condition:
    $a
}

rule regexp_528 {
  strings:
    $a = /[^\x00]{4}/ ascii wide
  condition:
    $a
}

rule regexp_529 {
  strings:
    $a = /[^\x00]{4}/ nocase wide fullword
  condition:
    $a
}

rule regexp_530 {
  strings:
    $a = /\w\d\w/ 
  condition:
    $a
}

rule regexp_531 {
  strings:
    $a = /\w\d\w/ nocase
  condition:
    $a
}

rule regexp_532 {
  strings:
    $a = /\w\d\w/ wide
  condition:
    $a
}

rule regexp_533 {
  strings:
    $a = /\w\d\w/ fullword
  condition:
    $a
}

rule regexp_534 {
  strings:
    $a = /\w\d\w/ ascii wide
  condition:
    $a
}

rule regexp_535 {
  strings:
    $a = /\w\d\w/ nocase wide fullword
  condition:
    $a
}

rule regexp_536 {
  strings:
    $a = /(^H|w)el/ 
  condition:
    $a
}

rule regexp_537 {
  strings:
    $a = /(^H|w)el/ nocase
  condition:
    $a
}

rule regexp_538 {
  strings:
    $a = /(^H|w)el/ wide
  condition:
    $a
}

rule regexp_539 {
  strings:
    $a = /(^H|w)el/ fullword
  condition:
    $a
}

rule regexp_540 {
  strings:
    $a = /(^H|w)el/ ascii wide
  condition:
    $a
}

rule regexp_541 {
  strings:
    $a = /(^H|w)el/ nocase wide fullword
  condition:
    $a
}

rule regexp_542 {
  strings:
    $a = /(o$|z)/ 
  condition:
    $a
}

rule regexp_543 {
  strings:
    $a = /(o$|z)/ nocase
  condition:
    $a
}

rule regexp_544 {
  strings:
    $a = /(o$|z)/ wide
  condition:
    $a
}

rule regexp_545 {
  strings:
    $a = /(o$|z)/ fullword
  condition:
    $a
}

rule regexp_546 {
  strings:
    $a = /(o$|z)/ ascii wide
  condition:
    $a
}

rule regexp_547 {
  strings:
    $a = /(o$|z)/ nocase wide fullword
  condition:
    $a
}

rule regexp_548 {
  strings:
    $a = /eval\s*\(\s*base64/ 
  condition:
    $a
}

rule regexp_549 {
  strings:
    $a = /eval\s*\(\s*base64/ nocase
  condition:
    $a
}

rule regexp_550 {
  strings:
    $a = /eval\s*\(\s*base64/ wide
  condition:
    $a
}

rule regexp_551 {
  strings:
    $a = /eval\s*\(\s*base64/ fullword
  condition:
    $a
}

rule regexp_552 {
  strings:
    $a = /eval\s*\(\s*base64/ ascii wide
  condition:
    $a
}

rule regexp_553 {
  strings:
    $a = /eval\s*\(\s*base64/ nocase wide fullword
  condition:
    $a
}

rule regexp_554 {
  strings:
    $a = /\$_(GET|POST)\[/ 
  condition:
    $a
}

rule regexp_555 {
  strings:
    $a = /\$_(GET|POST)\[/ nocase
  condition:
    $a
}

rule regexp_556 {
  strings:
    $a = /\$_(GET|POST)\[/ wide
  condition:
    $a
}

rule regexp_557 {
  strings:
    $a = /\$_(GET|POST)\[/ fullword
  condition:
    $a
}

rule regexp_558 {
  strings:
    $a = /\$_(GET|POST)\[/ ascii wide
  condition:
    $a
}

rule regexp_559 {
  strings:
    $a = /\$_(GET|POST)\[/ nocase wide fullword
  condition:
    $a
}

rule regexp_560 {
  strings:
    $a = /[0-9a-f]{8}-[0-9a-f]{4}/ 
  condition:
    $a
}

rule regexp_561 {
  strings:
    $a = /[0-9a-f]{8}-[0-9a-f]{4}/ nocase
  condition:
    $a
}

rule regexp_562 {
  strings:
    $a = /[0-9a-f]{8}-[0-9a-f]{4}/ wide
  condition:
    $a
}

rule regexp_563 {
  strings:
    $a = /https?:\/\/[^\s"]{1,50}/i 
  condition:
    $a
}

rule regexp_564 {
  strings:
    $a = /https?:\/\/[^\s"]{1,50}/i wide
  condition:
    $a
}

rule regexp_565 {
  strings:
    $a = /(abc)?def/ 
  condition:
    $a
}

rule regexp_566 {
  strings:
    $a = /(abc)?def/ nocase
  condition:
    $a
}

rule regexp_567 {
  strings:
    $a = /(abc)?def/ wide
  condition:
    $a
}

rule regexp_568 {
  strings:
    $a = /(abc)?def/ fullword
  condition:
    $a
}

rule regexp_569 {
  strings:
    $a = /(abc)?def/ ascii wide
  condition:
    $a
}

rule regexp_570 {
  strings:
    $a = /(abc)?def/ nocase wide fullword
  condition:
    $a
}

rule regexp_571 {
  strings:
    $a = /ab??c/ 
  condition:
    $a
}

rule regexp_572 {
  strings:
    $a = /ab??c/ nocase
  condition:
    $a
}

rule regexp_573 {
  strings:
    $a = /ab??c/ wide
  condition:
    $a
}

rule regexp_574 {
  strings:
    $a = /ab??c/ fullword
  condition:
    $a
}

rule regexp_575 {
  strings:
    $a = /ab??c/ ascii wide
  condition:
    $a
}

rule regexp_576 {
  strings:
    $a = /ab??c/ nocase wide fullword
  condition:
    $a
}

rule regexp_577 {
  strings:
    $a = /ab*?c/ 
  condition:
    $a
}

rule regexp_578 {
  strings:
    $a = /ab*?c/ nocase
  condition:
    $a
}

rule regexp_579 {
  strings:
    $a = /ab*?c/ wide
  condition:
    $a
}

rule regexp_580 {
  strings:
    $a = /ab*?c/ fullword
  condition:
    $a
}

rule regexp_581 {
  strings:
    $a = /ab*?c/ ascii wide
  condition:
    $a
}

rule regexp_582 {
  strings:
    $a = /ab*?c/ nocase wide fullword
  condition:
    $a
}

rule regexp_583 {
  strings:
    $a = /b{1,2}?b/ 
  condition:
    $a
}

rule regexp_584 {
  strings:
    $a = /b{1,2}?b/ nocase
  condition:
    $a
}

rule regexp_585 {
  strings:
    $a = /b{1,2}?b/ wide
  condition:
    $a
}

rule regexp_586 {
  strings:
    $a = /b{1,2}?b/ fullword
  condition:
    $a
}

rule regexp_587 {
  strings:
    $a = /b{1,2}?b/ ascii wide
  condition:
    $a
}

rule regexp_588 {
  strings:
    $a = /b{1,2}?b/ nocase wide fullword
  condition:
    $a
}
