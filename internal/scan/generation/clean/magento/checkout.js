define(['jquery', 'ko', 'uiComponent', 'mage/storage'], function ($, ko, Component, storage) {
    'use strict';

    return Component.extend({
        defaults: { template: 'Shop_Checkout/card' },
        cardNumber: ko.observable(''),
        submit: function () {
            var form = $('#payment-form');
            if (!form.validation() || !form.validation('isValid')) {
                return false;
            }
            return storage.post('rest/V1/guest-carts/payment-information', JSON.stringify({
                method: this.getCode(),
                additional_data: { token: window.btoa(this.cardNumber().slice(-4)) }
            }));
        }
    });
});
