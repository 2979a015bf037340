SELECTR O  FM?'?'HERE aþÿÿþ1 AND =b   '?' -- ?
