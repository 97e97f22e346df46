

ÿþxRelu